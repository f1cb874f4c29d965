"""Clocks put together: the consumer that keeps them, the routes, and the job that raises their alarms."""

from __future__ import annotations

from duban_contracts.days import Zone
from duban_contracts.deadlines.calendar import load_days, load_policy
from duban_contracts.topics import TopicFamily
from services.chassis.assembly import Part, Platform
from services.chassis.consuming.batches import Ordering
from services.scheduler.alarms.handlers import Deps as AlarmDeps
from services.scheduler.alarms.handlers import RaiseAlarms
from services.scheduler.calendar.handlers import fingerprint
from services.scheduler.clocks.events import TakeHazards
from services.scheduler.clocks.handlers.keep import CONSUMER
from services.scheduler.clocks.handlers.plan import plan_reminders
from services.scheduler.clocks.handlers.tell import hazard_alarms
from services.scheduler.clocks.handlers.tell_listings import listing_alarms
from services.scheduler.clocks.http import Deps, router
from services.scheduler.clocks.model.policy import policy_of
from services.scheduler.freshness.handlers import TellFreshness
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part; raises ProfileError for an unusable calendar or policy."""
    settings, database, clock = platform.settings, platform.database, platform.clock
    zone, profile = Zone(platform.city.timezone), settings.profile
    policy = policy_of(load_days(profile, zone), load_policy(profile).reminders)
    basis = fingerprint(profile)
    topic = platform.topic(TopicFamily.SUPERVISION)
    take = TakeHazards(policy, topic)
    raising, listings = (
        RaiseAlarms(
            alarms(topic=topic, consumer=CONSUMER, days=policy.days),
            AlarmDeps(database, clock),
            plan=lambda: plan_reminders(database, policy, basis, clock.now()),
        )
        for alarms in (hazard_alarms, listing_alarms)
    )
    return Part(
        routers=[router(Deps(database, clock, zone))],
        consumers=[
            platform.consumer("hazards", [platform.topic(TopicFamily.HAZARD)], take.apply, ordering=Ordering.VERSION)
        ],
        jobs=[
            platform.every(settings.poll_seconds, raising.look, name="alarms about hazards", role="clock"),
            platform.every(settings.poll_seconds, listings.look, name="alarms about listings", role="clock"),
            platform.every(1, TellFreshness(CONSUMER, database, clock).look, name="freshness"),
        ],
    )
