"""Wires the statistics service; the only place that knows concrete classes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from duban_contracts.profile import load_city
from duban_contracts.vocabulary import GRADES
from services.chassis.process.service import Service
from services.chassis.publishing.relay import Relay
from services.chassis.storage import database
from services.chassis.storage.schema import migrate
from services.chassis.web import app as http
from services.statistics.entrypoints.http import create_router
from services.statistics.entrypoints.worker import StreamWorker
from services.statistics.settings import Settings


async def build(settings: Settings) -> Service:
    """Migrate, connect, and return the service with its roles: http, consumer, relay (for dead letters)."""
    await migrate(settings.postgres_dsn, Path(__file__).parent / "migrations")
    clock = settings.clock()
    city = load_city(settings.profile)
    books = await database.connect(settings.postgres_dsn, application_name="statistics")
    worker = StreamWorker(
        settings,
        books,
        clock,
        counties=[county.code for county in city.counties],
        grades=[grade.code for grade in GRADES],
    )
    relay = Relay(database=books, bootstrap=settings.kafka_bootstrap, service="statistics", clock=clock)
    app = http.create_app("statistics", title="督办统计", database=books, routers=[create_router(books, clock, city)])

    async def serve(stopping: asyncio.Event) -> None:
        await http.serve(app, host=settings.http_host, port=settings.http_port, stopping=stopping)

    return Service(
        name="statistics",
        roles={"http": serve, "consumer": worker.run, "relay": relay.run},
        close=books.close,
    )
