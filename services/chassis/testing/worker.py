"""A small service on the chassis, run as a process of its own so that tests can kill it.

It writes one `effect` row for each event and sends one event on; `measures` in the payload makes it misbehave.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path

import structlog

from duban_contracts.events.claims import HazardRectified
from services.chassis.consuming.batches import Ordering
from services.chassis.consuming.consumer import Consumer
from services.chassis.consuming.deliveries import Delivery
from services.chassis.consuming.errors import Poison
from services.chassis.consuming.options import ConsumerOptions
from services.chassis.process.service import Role, Service, run
from services.chassis.process.settings import ServiceSettings
from services.chassis.publishing import outbox
from services.chassis.publishing.envelopes import new_event
from services.chassis.publishing.outbox import outgoing
from services.chassis.publishing.relay import Relay
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection, connect
from services.chassis.storage.schema import migrate

_log = structlog.get_logger(__name__)

EFFECT: Columns[tuple[str, str]] = Columns({"reference": ("text", itemgetter(0)), "event_id": ("text", itemgetter(1))})
MIGRATIONS = Path(__file__).parent / "worker_migrations"


class Settings(ServiceSettings):
    """Adds what a test wants to vary."""

    http_port: int = 0
    ordering: str = "INBOX"
    max_records: int = 10
    session_timeout: float = 6.0
    slow_seconds: float = 0
    die: bool = False
    silence: float = 60


def apply_to(topic_prefix: str, slow_seconds: float) -> object:
    """Return the handler: effects and outgoing events in one transaction."""

    async def apply(connection: Connection, deliveries: Sequence[Delivery]) -> None:
        rows, messages = [], []
        for delivery in deliveries:
            data = delivery.data
            assert isinstance(data, HazardRectified)
            if data.measures == "poison":
                raise Poison("no-good", "marked as poison", delivery=delivery)
            if data.measures == "slow":
                _log.info("slow event in hand")
                await asyncio.sleep(slow_seconds)
            if data.measures == "bug":
                raise ValueError("a bug in the handler")
            rows.append((data.reference, delivery.event.id))
            event = new_event(
                data,
                source="/worker",
                subject=data.reference,
                key=data.reference,
                time=datetime.now(UTC),
                cause=delivery.event,
            )
            messages.append(outgoing(f"{topic_prefix}out", event))
        await connection.execute(EFFECT.insert("effect"), *EFFECT.arguments(rows))
        await outbox.append(connection, messages)

    return apply


async def build(settings: Settings) -> Service:
    """Wire the worker: one consumer, one relay."""
    await migrate(settings.postgres_dsn, MIGRATIONS)
    database = await connect(settings.postgres_dsn, application_name="worker")
    clock = settings.clock()
    consumer = Consumer(
        name="worker",
        topics=[f"{settings.topic_prefix}in"],
        bootstrap=settings.kafka_bootstrap,
        database=database,
        clock=clock,
        apply=apply_to(settings.topic_prefix, settings.slow_seconds),  # type: ignore[arg-type]
        ordering=Ordering[settings.ordering],
        topic_prefix=settings.topic_prefix,
        options=ConsumerOptions(
            max_records=settings.max_records, session_timeout=settings.session_timeout, abreast=True
        ),
    )
    relay = Relay(
        database=database,
        bootstrap=settings.kafka_bootstrap,
        service="worker",
        clock=clock,
        silence=settings.silence,
    )
    roles: dict[str, Role] = {"consumer": consumer.run, "relay": relay.run}
    if settings.die:
        roles["doomed"] = doomed
    return Service("worker", roles, database.close)


async def doomed(_: asyncio.Event) -> None:
    """End by an error of its own."""
    await asyncio.sleep(0.2)
    raise RuntimeError("no longer any point")


if __name__ == "__main__":
    run("worker", Settings, build)
