"""Every endpoint of the gateway before every role and scope."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from fastapi import FastAPI

from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from duban_contracts.profile import load_city
from duban_contracts.topics import claims_topic
from services.chassis.access.scope import Dimension, Facts
from services.chassis.assembly import Platform, app_of
from services.chassis.process.clock import SystemClock
from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.testing.rights.behind_locks import waits_for_long
from services.chassis.testing.rights.specimens import Call, Specimen
from services.chassis.testing.rights.trial import examine
from services.gateway.bootstrap import MIGRATIONS, NAME, SLICES
from services.gateway.feed import tables as feed
from services.gateway.intake.model.claims import Claim
from services.gateway.intake.model.examination import Examiner
from services.gateway.receipts import tables
from services.gateway.receipts.model import Answer, ReceiptStatus, Reservation
from services.gateway.settings import Settings
from services.gateway.tests.world import report


async def a_receipt(database: Database, facts: Facts) -> UUID:
    """A receipt of the facts' county, promised."""
    assert facts.county is not None
    wanted = Reservation(uuid4(), facts.county, "e-1", "/s", "duban.hazard.reported.v1", "AQ-1", b"digest")
    async with database.transaction() as connection:
        await tables.reserve(connection, [wanted])
        await tables.mark_queued(connection, [wanted.receipt_id], datetime.now(UTC))
    return wanted.receipt_id


async def a_known_event(database: Database, facts: Facts) -> bytes:
    """An event of the facts' county that the ledger has answered: sent again, it needs no broker."""
    assert facts.county is not None
    sent = msgspec.json.encode(report(facts.county))
    claim = Examiner(facts.county, claims_topic(facts.county), None).structured(sent)
    assert isinstance(claim, Claim)
    event = claim.event
    wanted = Reservation(
        claim.receipt_id, facts.county, event.id, event.source, event.type, claim.reference, claim.digest
    )
    async with database.transaction() as connection:
        await tables.reserve(connection, [wanted])
        answer = Answer(claim.receipt_id, facts.county, "o", ReceiptStatus.RECORDED, datetime.now(UTC))
        await tables.record(connection, [answer])
    return sent


async def a_told_event(database: Database, facts: Facts) -> str:
    """An event in the feed of the facts' county, by something that only it says."""
    assert facts.county is not None
    said = str(uuid4())
    async with database.transaction() as connection:
        await feed.append(connection, [(facts.county, b'{"id":"%s"}' % said.encode())])
    return said


SPECIMENS = [
    # An empty batch needs no broker.
    Specimen.plain(
        "POST /v1/events",
        call=lambda _: Call(path="/v1/events", content=b"[]", headers={"Content-Type": BATCH_CONTENT_TYPE}),
    ),
    Specimen.item(
        "GET /v1/receipts/{receipt_id}",
        make=a_receipt,
        call=lambda receipt_id: Call(path=f"/v1/receipts/{receipt_id}"),
        missing=Call(path=f"/v1/receipts/{uuid4()}"),
        carries={Dimension.COUNTY},
    ),
    Specimen.rows(
        "GET /v1/receipts",
        make=a_receipt,
        call=lambda _: Call(path="/v1/receipts", params={"limit": 1000}),
        shows=lambda answer, receipt_id: str(receipt_id) in answer.text,
        carries={Dimension.COUNTY},
    ),
    Specimen.rows(
        "GET /v1/feed",
        make=a_told_event,
        call=lambda _: Call(path="/v1/feed", params={"limit": 1000}),
        shows=lambda answer, told: told in answer.text,
        carries={Dimension.COUNTY},
    ),
    Specimen.plain("GET /v1/vocabularies", call=lambda _: Call(path="/v1/vocabularies")),
    Specimen.plain("GET /v1/vocabularies/{name}", call=lambda _: Call(path="/v1/vocabularies/sectors")),
]

WRITES = Specimen.item(
    "POST /v1/events",
    make=a_known_event,
    call=lambda sent: Call(path="/v1/events", content=sent, headers={"Content-Type": STRUCTURED_CONTENT_TYPE}),
    missing=Call(path="/v1/events"),
    carries={Dimension.COUNTY},
)


@pytest.fixture
async def app(database: str, profile: Path) -> AsyncIterator[FastAPI]:
    await migrate(database, MIGRATIONS, list(SLICES))
    pool = await connect(database, application_name="test")
    platform = Platform(
        service=NAME,
        settings=Settings(postgres_dsn=database),
        database=pool,
        clock=SystemClock(),
        city=load_city(profile),
    )
    yield app_of(platform, [wire(platform) for wire in SLICES.values()], title="test")
    await pool.close()


@pytest.mark.feature("SY64")
@pytest.mark.feature("SY65")
async def test_every_endpoint_gives_each_role_and_scope_what_the_policy_says(app: FastAPI) -> None:
    assert await examine(app, SPECIMENS) == []


async def test_no_endpoint_waits_long_for_what_another_session_holds(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = [each for each in SPECIMENS if each.route != WRITES.route]
    assert await waits_for_long(app, [WRITES, *reads], monkeypatch) == []
