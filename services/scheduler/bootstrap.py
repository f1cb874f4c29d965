"""The only place that knows which parts the scheduler is made of."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from duban_contracts.topics import TopicFamily
from services.chassis.process.clock import Clock
from services.chassis.process.service import Service
from services.chassis.publishing.relay import Relay
from services.chassis.storage import database as chassis_database
from services.chassis.storage.database import Database
from services.chassis.storage.schema import migrate
from services.chassis.web import app as http
from services.scheduler import metrics
from services.scheduler.adapters.alarms import SESSION_SETTINGS
from services.scheduler.adapters.profile import fingerprint, load_policy
from services.scheduler.application.audit_deadlines import Auditor
from services.scheduler.application.plan_reminders import plan_reminders
from services.scheduler.application.raise_alarms import AlarmRaiser
from services.scheduler.domain.instants import end_of
from services.scheduler.domain.policy import Policy
from services.scheduler.entrypoints.clock import ClockRole
from services.scheduler.entrypoints.events import CONSUMER, hazards_consumer
from services.scheduler.entrypoints.http import Desk, router
from services.scheduler.settings import Settings

NAME: Final = "scheduler"
MIGRATIONS: Final = Path(__file__).parent / "migrations"


async def build(settings: Settings, clock: Clock | None = None) -> Service:
    """Bring the database up to date, connect, and wire the roles; nothing runs yet.

    `clock` replaces the one that the settings describe. Raises ProfileError for an unusable calendar or policy.
    """
    policy = load_policy(settings.profile)
    metrics.CALENDAR_ENDS.set(_calendar_ends(policy))
    await migrate(settings.postgres_dsn, MIGRATIONS)
    database = await chassis_database.connect(
        settings.postgres_dsn, application_name="duban-scheduler", settings=SESSION_SETTINGS
    )
    clock = clock or settings.clock()
    auditor = Auditor(
        database=database,
        clock=clock,
        consumer=CONSUMER,
        missed_after=timedelta(seconds=settings.missed_after_seconds),
    )
    app = http.create_app(
        NAME, title="Duban scheduler 任务调度", database=database, routers=[router(Desk(database, clock, auditor))]
    )
    consumer = hazards_consumer(
        bootstrap=settings.kafka_bootstrap,
        database=database,
        clock=clock,
        policy=policy,
        topic_prefix=settings.topic_prefix,
    )
    relay = Relay(database=database, bootstrap=settings.kafka_bootstrap, service=NAME, clock=clock)
    ticking = _clock_role(settings, database, clock, policy, auditor)

    async def serve(stopping: asyncio.Event) -> None:
        await http.serve(app, host=settings.http_host, port=settings.http_port, stopping=stopping)

    roles = {"http": serve, "consumer": consumer.run, "relay": relay.run, "clock": ticking.run}
    return Service(NAME, roles, database.close)


def _clock_role(settings: Settings, database: Database, clock: Clock, policy: Policy, auditor: Auditor) -> ClockRole:
    basis = fingerprint(settings.profile)
    return ClockRole(
        clock=clock,
        prepare=lambda: plan_reminders(database, policy, basis, clock.now()),
        raiser=AlarmRaiser(
            database=database,
            clock=clock,
            consumer=CONSUMER,
            topic=f"{settings.topic_prefix}{TopicFamily.SUPERVISION}",
        ),
        auditor=auditor,
        poll_seconds=settings.poll_seconds,
        audit_seconds=settings.audit_seconds,
    )


def _calendar_ends(policy: Policy) -> float:
    """Return the instant (seconds since the epoch) after which only weekends are known."""
    years = policy.calendar.years
    return end_of(date(max(years), 12, 31)).timestamp() if years else 0.0
