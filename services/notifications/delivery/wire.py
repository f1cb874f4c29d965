"""What this slice consists of."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from duban_contracts.profile import ProfileError
from services.chassis.assembly import Job, Part, Platform
from services.notifications.channels.handlers.opening import open_channels
from services.notifications.channels.model.channel import AnyChannel, Handing
from services.notifications.delivery import http
from services.notifications.delivery.handlers.courier import Courier
from services.notifications.delivery.handlers.deps import Deps, Sender
from services.notifications.delivery.handlers.mailbox import ReportSettings
from services.notifications.delivery.handlers.report import Outcome
from services.notifications.delivery.handlers.returning import look_for_return
from services.notifications.delivery.jobs import (
    FORGET_SECONDS,
    GAUGES_SECONDS,
    REPORTS_SECONDS,
    RETURNS_SECONDS,
    carry_letters,
    forget_attempts,
    report_gauges,
    take_reports,
)
from services.notifications.delivery.model.retry import RetrySchedule
from services.notifications.directory.handlers import FILE, read_contacts
from services.notifications.directory.model import Contacts, Directory
from services.notifications.metrics import NOTICE_REPORTS
from services.notifications.settings import Settings

ROLE: Final = "delivery"


def wire(platform: Platform[Settings], *, channels: Sequence[AnyChannel], sender: Sender) -> Part:
    """Return the part; raises ProfileError for contacts that can't be used.

    `sender` is whose letters are carried, `channels` the ways they can take.
    """
    settings, database, clock = platform.settings, platform.database, platform.clock
    contacts = read_contacts(settings.profile)
    lines = open_channels(channels, contacts, settings.profile, clock)
    deps = Deps(
        database=database,
        clock=clock,
        directory=Directory.of(contacts),
        lines=lines,
        schedule=schedule_of(settings.profile, contacts),
        sender=sender,
        draw=random.SystemRandom().random,
        lease=timedelta(seconds=settings.delivery_lease_seconds),
    )
    courier = Courier(deps, settings.delivery_concurrency)
    gauges, returns = partial(report_gauges, database, clock, tuple(lines)), partial(look_for_return, deps)
    forgetting = partial(forget_attempts, database, clock, keep=timedelta(days=settings.attempts_days))
    jobs = [
        Job(partial(carry_letters, courier, clock), ROLE),
        platform.every(GAUGES_SECONDS, gauges, name="delivery gauges", role=ROLE),
        platform.every(RETURNS_SECONDS, returns, name="channels that are away", role=ROLE),
        platform.every(FORGET_SECONDS, forgetting, name="attempts", role=ROLE),
    ]
    for outcome in Outcome:
        NOTICE_REPORTS.labels(outcome)  # from 0, so that the first one is seen as an increase
    if maildir := ReportSettings().maildir:
        reports = partial(take_reports, maildir, deps)
        jobs.append(platform.every(REPORTS_SECONDS, reports, name="reports of mail servers", role=ROLE))
    return Part(
        routers=[http.router(deps)],
        jobs=jobs,
        dependencies={
            line.carrier.server: line.carrier.obstacle for line in lines.values() if isinstance(line.carrier, Handing)
        },
        close=[line.carrier.close for line in lines.values()],
    )


def schedule_of(profile: Path, contacts: Contacts) -> RetrySchedule:
    """Return the rule that the profile's `retries` state; raises ProfileError for waits that make no schedule."""
    try:
        return RetrySchedule(contacts.retries.waits_seconds, contacts.retries.jitter)
    except ValueError as error:
        raise ProfileError(profile / FILE, "$.retries", str(error)) from error
