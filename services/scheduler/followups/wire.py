"""Follow-ups put together: their route. The consumer of the ledger's topic keeps them, see `clocks`; jobs raise their alarms."""

from __future__ import annotations

from typing import Final

from duban_contracts.deadlines.calendar import load_days
from duban_contracts.topics import TopicFamily, consumer
from services.chassis.access.acting import ActingDeps
from services.chassis.assembly import Part, Platform
from services.scheduler.alarms.handlers import Deps, RaiseAlarms
from services.scheduler.followups.handlers import follow_up_alarms
from services.scheduler.followups.http import router
from services.scheduler.followups.model import KINDS
from services.scheduler.settings import Settings

# They pass at midnight, and few at once: a quarter of the polls of hazards' clocks keep them within the five seconds of P3.
_POLL_SECONDS: Final = 2.0


def wire(platform: Platform[Settings]) -> Part:
    """Return the follow-ups' part of the scheduler; raises ProfileError for an unusable calendar."""
    settings, database, clock, zone = platform.settings, platform.database, platform.clock, platform.city.zone
    days, topic = load_days(settings.profile, zone), platform.topic(TopicFamily.SUPERVISION)
    raising = [
        RaiseAlarms(
            follow_up_alarms(kind, topic=topic, consumer=consumer("scheduler.hazards").name, days=days),
            Deps(database, clock),
            plan=_nothing,
        )
        for kind in KINDS
    ]
    return Part(
        routers=[router(ActingDeps(database, clock, zone))],
        jobs=[
            platform.every(_POLL_SECONDS, each.look, name=f"alarms about {each.source.subject_kind}", role="clock")
            for each in raising
        ],
    )


async def _nothing() -> None:
    """Plan nothing afresh: there are no reminders ahead of these days."""
