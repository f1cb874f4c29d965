"""The only place that knows which parts the gateway is made of."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from duban_contracts.profile import load_city
from services.chassis.process.service import Service
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.publishing.relay import Relay
from services.chassis.storage import database as chassis_database
from services.chassis.storage.schema import migrate
from services.chassis.web import app as http
from services.gateway.adapters.allowance import Allowance
from services.gateway.adapters.receipt_table import ReceiptTable
from services.gateway.application.accept_events import EventIntake
from services.gateway.entrypoints.feedback import feedback_consumer
from services.gateway.entrypoints.http import Edge, router
from services.gateway.settings import Settings

NAME: Final = "gateway"
MIGRATIONS: Final = Path(__file__).parent / "migrations"


async def build(settings: Settings) -> Service:
    """Bring the database up to date, connect, and wire the roles; nothing runs yet."""
    await migrate(settings.postgres_dsn, MIGRATIONS)
    database = await chassis_database.connect(settings.postgres_dsn, application_name="duban-gateway")
    clock = settings.clock()
    counties = [county.code for county in load_city(settings.profile).counties]
    producer = ReliableProducer(settings.kafka_bootstrap, "duban-gateway", timeout=settings.publish_timeout_seconds)
    receipts = ReceiptTable(database)
    edge = Edge(
        intake=EventIntake(receipts=receipts, publisher=producer, clock=clock),
        receipts=receipts,
        allowance=Allowance(settings.allowance_events, settings.allowance_seconds),
        counties=frozenset(counties),
        topic_prefix=settings.topic_prefix,
        max_body_bytes=settings.max_body_bytes,
    )
    app = http.create_app(NAME, title="Duban gateway 事件接入", database=database, routers=[router(edge)])
    consumer = feedback_consumer(
        bootstrap=settings.kafka_bootstrap,
        database=database,
        clock=clock,
        counties=counties,
        topic_prefix=settings.topic_prefix,
    )
    relay = Relay(database=database, bootstrap=settings.kafka_bootstrap, service=NAME, clock=clock)

    async def serve(stopping: asyncio.Event) -> None:
        await http.serve(app, host=settings.http_host, port=settings.http_port, stopping=stopping)

    async def close() -> None:
        await producer.stop()
        await database.close()

    return Service(NAME, {"http": serve, "consumer": consumer.run, "relay": relay.run}, close)
