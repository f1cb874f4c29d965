"""Every endpoint, role and scope: what the policy says is what happens."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.chassis.access.scope import Facts
from services.chassis.assembly import app_of, open_platform
from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.chassis.testing.rights.behind_locks import waits_for_long
from services.chassis.testing.rights.specimens import Call, Specimen
from services.chassis.testing.rights.trial import examine
from services.notifications.bootstrap import MIGRATIONS, NAME, SLICES, TITLE, parts
from services.notifications.settings import Settings
from services.notifications.tests.world import NOW, PROFILE, overdue
from services.notifications.tests.writing import write

NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Row:
    """A letter and one of its deliveries, which is in doubt."""

    letter_id: UUID
    delivery_id: UUID
    about_id: str


async def a_letter(database: Database, facts: Facts) -> Row:
    """Write a letter to the unit of these facts; nobody knows whether it arrived."""
    hazard_id = secrets.token_hex(8)
    event = overdue(
        hazard_id,
        county=str(facts.county),
        unit=facts.unit,
        sector=facts.sector,
        township=facts.township,
        enterprise_uscc=facts.enterprise,
    )
    await write(database, ManualClock(NOW), event)
    async with database.acquire() as connection:
        row = await connection.fetchrow(
            """UPDATE delivery SET state = 'uncertain', next_attempt_at = NULL
                WHERE channel = 'email' AND letter_id = (SELECT letter_id FROM letter WHERE about_id = $1)
               RETURNING letter_id, delivery_id""",
            hazard_id,
        )
    assert row is not None
    return Row(row["letter_id"], row["delivery_id"], hazard_id)


SPECIMENS = [
    Specimen.rows(
        "GET /v1/letters",
        make=a_letter,
        call=lambda row: Call(path="/v1/letters", params={"about_id": row.about_id}),
        shows=lambda answer, row: str(row.letter_id) in answer.text,
    ),
    Specimen.item(
        "GET /v1/letters/{letter_id}",
        make=a_letter,
        call=lambda row: Call(path=f"/v1/letters/{row.letter_id}"),
        missing=Call(path=f"/v1/letters/{NOBODY}"),
    ),
    Specimen.item(
        "POST /v1/letters/{letter_id}/acknowledge",
        make=a_letter,
        call=lambda row: Call(path=f"/v1/letters/{row.letter_id}/acknowledge"),
        missing=Call(path=f"/v1/letters/{NOBODY}/acknowledge"),
    ),
    Specimen.rows(
        "GET /v1/deliveries",
        make=a_letter,
        call=lambda _: Call(path="/v1/deliveries", params={"limit": 1000}),
        shows=lambda answer, row: str(row.delivery_id) in answer.text,
    ),
    Specimen.item(
        "POST /v1/deliveries/{delivery_id}/retry",
        make=a_letter,
        call=lambda row: Call(path=f"/v1/deliveries/{row.delivery_id}/retry"),
        missing=Call(path=f"/v1/deliveries/{NOBODY}/retry"),
    ),
    Specimen.item(
        "POST /v1/deliveries/{delivery_id}/confirm",
        make=a_letter,
        call=lambda row: Call(path=f"/v1/deliveries/{row.delivery_id}/confirm"),
        missing=Call(path=f"/v1/deliveries/{NOBODY}/confirm"),
    ),
]


@pytest_asyncio.fixture
async def app(database: str) -> AsyncIterator[FastAPI]:
    settings = Settings(postgres_dsn=database, profile=PROFILE)
    platform = await open_platform(NAME, settings, migrations=MIGRATIONS, slices=SLICES)
    made = parts(platform)
    yield app_of(platform, made, title=TITLE)
    for part in made:
        for close in part.close:
            await close()
    await platform.database.close()


@pytest.mark.feature("SY65")
async def test_every_endpoint_gives_each_role_and_scope_what_the_policy_says(app: FastAPI) -> None:
    assert await examine(app, SPECIMENS) == []


async def test_no_endpoint_waits_long_for_what_another_session_holds(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await waits_for_long(app, SPECIMENS, monkeypatch) == []
