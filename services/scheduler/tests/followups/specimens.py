"""How the rights test reaches the list of follow-ups."""

from __future__ import annotations

import secrets
from typing import Final

import httpx

from duban_contracts.testing.calendar import june, local
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Specimen
from services.scheduler.tests.bench import PatientClock, bench_on
from services.scheduler.tests.followups.told import Accident, accident


async def a_measure(database: Database, facts: Facts) -> Accident:
    """Make one measure of an accident of these facts."""
    happened = accident(f"a-{secrets.token_hex(4)}", facts.county or "140502", facts.sector or "hazchem")
    owed = happened.measure(local(1), june(10))
    await bench_on(database, PatientClock(local(1))).learn(owed.records())
    return owed


def _shows(answer: httpx.Response, owed: Accident) -> bool:
    return f"{owed.facts.accident_id}/1" in {item["about"]["id"] for item in answer.json()["items"]}


SPECIMENS: Final = (
    Specimen.rows(
        "GET /v1/follow-ups",
        make=a_measure,
        call=lambda _: Call(path="/v1/follow-ups", params={"limit": "1000"}),
        shows=_shows,
        carries={Dimension.COUNTY, Dimension.SECTOR},
    ),
)
