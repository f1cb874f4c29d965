"""The ledger without Kafka: its HTTP side and its consumers' functions on a real database, called as they are called."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
from fastapi import FastAPI

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, from_kafka, to_kafka
from duban_contracts.codec import decode
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.testing.calendar import local
from duban_contracts.testing.claims import report, sent
from duban_contracts.topics import claims_topic
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Scope
from services.chassis.assembly import Platform, app_of, open_platform
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.publishing.outbox import unpack_headers
from services.chassis.storage.database import Database
from services.chassis.storage.readers import admit_readers
from services.chassis.storage.schema import migrate
from services.chassis.testing.clock import ManualClock
from services.chassis.web.preconditions import Precondition
from services.ledger.bootstrap import MIGRATIONS, NAME, SLICES, TITLE, parts
from services.ledger.claims.handlers.take_claims import Claims, take_claims
from services.ledger.hazards.handlers.commands import Order, Refused, move_hazards
from services.ledger.hazards.handlers.journal import Ledger
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables import register
from services.ledger.settings import Settings
from services.ledger.supervision.handlers import mark_overdue
from services.ledger.tests.people import HOME, PEOPLE, People, give_keys
from services.ledger.tests.vaults import InstalledVault
from services.ledger.tips.handlers.office import TipOffice

# Monday 1 June 2026, noon in Shanghai: the present of every test here.
NOON = local(1, 12)
EVERYWHERE = Scope()


@dataclass(kw_only=True)
class InProcess(People):
    """A ledger of its own, all its slices put together; batches are taken each in a transaction of its own."""

    platform: Platform[Settings]
    app: FastAPI
    clock: ManualClock
    office: TipOffice
    offsets: itertools.count[int] = field(default_factory=itertools.count)
    references: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def database(self) -> Database:
        return self.platform.database

    @property
    def pool(self) -> asyncpg.Pool[asyncpg.Record]:
        return self.platform.database.pool

    @property
    def ledger(self) -> Ledger:
        return Ledger.on(self.platform)

    def new_reference(self) -> str:
        return f"AQ-{next(self.references)}"

    def record(self, event: CloudEvent, county: str = HOME, at: datetime = NOON) -> RawRecord:
        key, value, headers = to_kafka(event)
        return RawRecord(claims_topic(county), 0, next(self.offsets), at, key, value, headers)

    def delivery(self, claim: EventData | CloudEvent, county: str = HOME, at: datetime = NOON) -> Delivery:
        """A claim as the county's topic carries it, stamped by the broker at `at`."""
        event = claim if isinstance(claim, CloudEvent) else sent(claim, event_id=f"e-{next(self.offsets)}")
        return Delivery(self.record(event, county, at), event, decode(event))

    async def take(self, *claims: EventData | CloudEvent, county: str = HOME, at: datetime = NOON) -> None:
        """Take claims in as one batch."""
        async with self.database.transaction() as connection:
            await take_claims(
                connection,
                [self.delivery(claim, county, at) for claim in claims],
                claims=Claims.on(self.platform),
            )

    async def move(self, hazard: str, command: msgspec.Struct, who: str = "city") -> Hazard | Refused:
        """Carry out a command on the hazard of this id or number, past HTTP."""
        order = Order(HazardKey.parse(hazard), command, Caller(PEOPLE[who], EVERYWHERE, "test"), Precondition())
        async with self.database.transaction() as connection:
            [said] = await move_hazards(connection, [order], ledger=self.ledger)
        return said

    async def find(self, hazard: str) -> Hazard | None:
        """The hazard of this id or number, past HTTP."""
        async with self.database.acquire() as connection:
            return await register.one(connection, HazardKey.parse(hazard))

    async def raise_overdue(self, *raised: tuple[CloudEvent, SupervisionOverdue]) -> None:
        async with self.database.transaction() as connection:
            await mark_overdue(connection, raised, ledger=self.ledger)

    async def said(self, topic: str | None = None) -> list[CloudEvent]:
        """What is on its way out, in order: on one topic, or on all."""
        rows = await self.pool.fetch("SELECT topic, key, value, headers FROM outbox ORDER BY id")
        return [
            from_kafka(row["key"], row["value"], unpack_headers(row["headers"]))
            for row in rows
            if topic in {None, row["topic"]}
        ]

    async def somebody_waits(self) -> None:
        """One session of this database waits for a lock."""
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        assert await self.pool.fetchval(waiting) == 1

    async def registered(self, reference: str | None = None, **fields: Any) -> dict[str, Any]:
        """A fresh hazard, reported and registered, as HTTP shows it."""
        reference = reference or self.new_reference()
        county = fields.get("county", HOME)
        await self.take(report(reference, **fields), county=county)
        items = (await self.get("/v1/hazards", reference=reference, county=county)).json()["items"]
        hazard: dict[str, Any] = items[0]
        return hazard

    async def confirmed(self, grade: str = "general", **fields: Any) -> dict[str, Any]:
        """A fresh hazard, confirmed by a city regulator, due in ten days."""
        answer = await self.confirm(await self.registered(**fields), grade=grade)
        assert answer.status_code == 200, answer.text
        confirmed: dict[str, Any] = answer.json()
        return confirmed


async def provision(dsn: str) -> None:
    """Make a database ready for the ledger, and for those who read for people."""
    await migrate(dsn, MIGRATIONS, SLICES)
    await admit_readers(dsn, dsn)


@asynccontextmanager
async def in_process(
    dsn: str, profile: Path, vault: InstalledVault | None = None, checkpoint_key: Path | None = None
) -> AsyncIterator[InProcess]:
    """A migrated, empty ledger at noon on 1 June 2026, with a vault, and with a key for checkpoints, or without."""
    settings = Settings(
        kafka_bootstrap="127.0.0.1:1",
        postgres_dsn=dsn,
        profile=profile,
        vault_postgres_dsn=vault.dsn if vault else None,
        vault_keyring=vault.keys if vault else None,
        checkpoint_key=checkpoint_key,
    )
    clock = ManualClock(NOON)
    await provision(dsn)
    platform = await open_platform(
        NAME, settings, migrations=MIGRATIONS, slices=list(SLICES), clock=clock, max_connections=20, walled=True
    )
    made = parts(platform)
    for part in made:
        platform.reactions.add(part.reactions)
    app = app_of(platform, made, title=TITLE)
    office = TipOffice.on(platform)
    try:
        async with platform.database.acquire() as connection:
            tokens = await give_keys(connection)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as client:
            yield InProcess(
                client=client, tokens=tokens, now=NOON, platform=platform, app=app, clock=clock, office=office
            )
    finally:
        for close in (
            *(close for part in made for close in part.close),
            *([office.vault.close] if office.vault else []),
        ):
            await close()
        await platform.database.close()
