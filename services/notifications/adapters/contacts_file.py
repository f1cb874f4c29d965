"""`contacts.json` of a city profile: issuing office, letter signs, offices, where webhooks may go, retries."""

from __future__ import annotations

import re
from collections import Counter
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.profile import ProfileError
from duban_contracts.vocabulary import UNITS
from services.notifications.domain.contacts import Directory, Office
from services.notifications.domain.destinations import DestinationPolicy
from services.notifications.domain.letters import LetterKind
from services.notifications.domain.profile import LetterProfile
from services.notifications.domain.retry import RetrySchedule

_FILE: Final = "contacts.json"
_EMAIL: Final = re.compile(r"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}$")


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A profile names nothing that nobody reads."""


class _Office(_Entry, frozen=True, forbid_unknown_fields=True):
    county: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    unit: str
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    email: str | None = None
    webhook: str | None = None


class _Webhooks(_Entry, frozen=True, forbid_unknown_fields=True):
    allowed_hosts: tuple[str, ...] = ()
    allowed_networks: tuple[str, ...] = ()
    allow_loopback: bool = False


class _Retries(_Entry, frozen=True, forbid_unknown_fields=True):
    waits_seconds: tuple[float, ...]
    jitter: float


class _File(_Entry, frozen=True, forbid_unknown_fields=True):
    note: str
    issuer: str
    signs: dict[str, str]
    committee_office: str
    webhooks: _Webhooks
    retries: _Retries
    offices: tuple[_Office, ...]


def load(directory: Path, *, webhook_base: str) -> LetterProfile:
    """Read the profile's contacts; `{webhook_base}` in a webhook is filled from the settings.

    Raises ProfileError naming file, field and rule.
    """
    path = directory / _FILE
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        raise ProfileError(path, "$", "the file is missing") from None
    except msgspec.DecodeError as error:
        raise ProfileError(path, "$", str(error)) from error
    _check(path, file)
    try:
        networks = tuple(ip_network(text) for text in file.webhooks.allowed_networks)
        schedule = RetrySchedule(file.retries.waits_seconds, file.retries.jitter)
    except ValueError as error:
        raise ProfileError(path, "$", str(error)) from error
    offices = [
        Office(
            each.county,
            each.unit,
            each.name,
            each.email,
            each.webhook.replace("{webhook_base}", webhook_base.rstrip("/")) if each.webhook else None,
        )
        for each in file.offices
    ]
    hosts = frozenset(host.lower() for host in file.webhooks.allowed_hosts)
    return LetterProfile(
        issuer=file.issuer,
        signs=file.signs,
        directory=Directory(offices, committee_office=file.committee_office),
        destinations=DestinationPolicy(hosts, networks, loopback=file.webhooks.allow_loopback),
        schedule=schedule,
    )


def _check(path: Path, file: _File) -> None:
    if missing := [kind.value for kind in LetterKind if kind.value not in file.signs]:
        raise ProfileError(path, "$.signs", f"must name the sign of {', '.join(missing)}")
    if len(set(file.signs.values())) != len(file.signs):
        raise ProfileError(path, "$.signs", "two kinds can't share a sign: their numbers would collide")
    repeated = [key for key, count in Counter((o.county, o.unit) for o in file.offices).items() if count > 1]
    if repeated:
        raise ProfileError(path, "$.offices", f"{repeated[0]} appears twice")
    for index, office in enumerate(file.offices):
        if office.unit not in UNITS:
            raise ProfileError(path, f"$.offices[{index}].unit", f"{office.unit} is no published unit")
        if office.email is not None and not _EMAIL.match(office.email):
            raise ProfileError(path, f"$.offices[{index}].email", "must be one plain mail address")
