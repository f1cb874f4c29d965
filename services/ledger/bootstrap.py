"""Wiring: the only place of the ledger that knows concrete classes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from duban_contracts.profile import load_city
from duban_contracts.topics import TopicFamily
from services.chassis.consuming.batches import Ordering
from services.chassis.consuming.consumer import Consumer
from services.chassis.process.clock import Clock
from services.chassis.process.service import Role, Service
from services.chassis.publishing.relay import Relay
from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.web.app import create_app, serve
from services.ledger.application.commands import ExecuteCommand
from services.ledger.application.heartbeat import Heartbeat, note_progress
from services.ledger.application.keep_notices import keep_notices
from services.ledger.application.note_supervision import NoteSupervision
from services.ledger.application.take_claims import TakeClaims
from services.ledger.entrypoints import http_commands, http_reads
from services.ledger.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


async def build(settings: Settings, clock: Clock | None = None) -> Service:
    """Migrate, connect and wire the ledger; `clock` replaces the configured one in tests."""
    await migrate(settings.postgres_dsn, MIGRATIONS)
    database = await connect(settings.postgres_dsn, application_name="duban-ledger", max_size=16)
    clock = clock or settings.clock()
    counties = [county.code for county in load_city(settings.profile).counties]
    return Service(
        name="ledger",
        roles={
            "http": _http(settings, database, clock, counties),
            "consumer": _consumer(settings, database, clock, counties),
            "relay": Relay(database=database, bootstrap=settings.kafka_bootstrap, service="ledger", clock=clock).run,
        },
        close=database.close,
    )


def _http(settings: Settings, database: Database, clock: Clock, counties: list[str]) -> Role:
    execute = ExecuteCommand(database, clock, settings.topic_prefix)
    app = create_app(
        "ledger",
        title="隐患台账",
        database=database,
        # Reads first: /v1/hazards/count must not be taken for a hazard called "count".
        routers=[http_reads.router(database, counties), http_commands.router(execute, counties)],
    )

    async def role(stopping: asyncio.Event) -> None:
        await serve(app, host=settings.http_host, port=settings.http_port, stopping=stopping)

    return role


def _consumer(settings: Settings, database: Database, clock: Clock, counties: list[str]) -> Role:
    prefix = settings.topic_prefix
    take = TakeClaims(clock, counties, prefix)
    note = NoteSupervision(clock, prefix)
    claims = Consumer(
        name="ledger.claims",
        topics=take.topics,
        bootstrap=settings.kafka_bootstrap,
        database=database,
        clock=clock,
        apply=take.apply,
        ordering=Ordering.INBOX,
        topic_prefix=prefix,
        refuse=take.refuse,
        progress=note_progress,
    )
    supervision = Consumer(
        name="ledger.supervision",
        topics=[f"{prefix}{TopicFamily.SUPERVISION}"],
        bootstrap=settings.kafka_bootstrap,
        database=database,
        clock=clock,
        apply=note.apply,
        ordering=Ordering.INBOX,
        topic_prefix=prefix,
    )
    notices = Consumer(
        name="ledger.notices",
        topics=[f"{prefix}{TopicFamily.NOTICE}"],
        bootstrap=settings.kafka_bootstrap,
        database=database,
        clock=clock,
        apply=keep_notices,
        ordering=Ordering.INBOX,
        topic_prefix=prefix,
    )
    heartbeat = Heartbeat(database, clock, take.topics, prefix)

    async def role(stopping: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            for part in (claims.run, supervision.run, notices.run, heartbeat.run):
                group.create_task(part(stopping))

    return role
