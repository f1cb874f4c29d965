"""What this slice consists of."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from duban_contracts.profile import ProfileError
from duban_contracts.topics import TopicFamily
from duban_contracts.topics import consumer as declared
from services.chassis.assembly import Part, Platform
from services.chassis.consuming.options import UNHURRIED
from services.notifications.delivery.handlers.deps import Sender
from services.notifications.directory.handlers import FILE, read_contacts
from services.notifications.directory.model import Contacts, Directory
from services.notifications.letters import http, tables
from services.notifications.letters.events import ask_for_second_levels, write_what_is_asked_for
from services.notifications.letters.handlers.deps import Deps, Notices
from services.notifications.letters.handlers.follow import follow_letter
from services.notifications.letters.handlers.stationery import Stationery
from services.notifications.letters.kinds import KINDS


def wire(platform: Platform[Any]) -> Part:
    """Return the part; raises ProfileError for contacts that can't be used and jinja2.TemplateError for templates."""
    deps = deps_of(platform)
    consumers = [
        platform.consumer(
            name,
            [platform.topic(family) for family in declared(f"notifications.{name}").reads],
            partial(write, deps=deps),
            options=UNHURRIED,
        )
        for name, write in (("supervision", write_what_is_asked_for), ("hazards", ask_for_second_levels))
    ]
    return Part(routers=[http.router(deps)], consumers=consumers)


def deps_of(platform: Platform[Any]) -> Deps:
    """Return what letters are written with on this platform."""
    profile = platform.settings.profile
    contacts = read_contacts(profile)
    check_forms(profile, contacts)
    kinds = [kind for kind in KINDS if kind.code in contacts.letters]
    return Deps(
        database=platform.database,
        clock=platform.clock,
        city=platform.city,
        contacts=contacts,
        directory=Directory.of(contacts),
        kinds=kinds,
        stationery=Stationery(profile / "templates", [kind.code for kind in kinds]),
        notices=_notices(platform),
    )


def sender(platform: Platform[Any]) -> Sender:
    """Return this slice as the delivery slice knows it: whose letters are carried."""
    return Sender(contents=tables.contents, told=partial(follow_letter, notices=_notices(platform)))


def _notices(platform: Platform[Any]) -> Notices:
    return Notices(platform.topic(TopicFamily.NOTICE), platform.clock)


def check_forms(profile: Path, contacts: Contacts) -> None:
    """Raise ProfileError unless exactly the kinds that are sent have a form: a kind without sign can't be numbered.

    An optional kind may have none.
    """
    needed = {kind.code for kind in KINDS if not kind.is_optional}
    known = {kind.code for kind in KINDS}
    formed = contacts.letters.keys()
    if wrong := sorted((needed - formed) | (formed - known)):
        optional = ", ".join(sorted(known - needed))
        rule = (
            f"must have an entry for each of {', '.join(sorted(needed))}, may have one for {optional}, and no other; "
            f"see {', '.join(wrong)}"
        )
        raise ProfileError(profile / FILE, "$.letters", rule)
