"""The pool of experts before every role, and the experts of tasks of every county and sector."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from typing import Final

from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Kind, Specimen
from services.scheduler.experts import tables
from services.scheduler.experts.model import Expert
from services.scheduler.tests.bench import PatientClock
from services.scheduler.tests.experts.builders import MINE, expert, inspection
from services.scheduler.tests.tasks.stage import stage_on

_NOW: Final = datetime(2026, 5, 25, tzinfo=UTC)
_MISSING: Final = "/v1/tasks/RW2026-0000000000/experts"


async def an_expert(database: Database, facts: Facts) -> str:
    sector = facts.sector or "coal_mine"
    new = Expert(expert_id=f"E-{secrets.token_hex(4)}", name="虚构", sectors=(sector,), valid_from=date(2024, 1, 1))
    async with database.transaction() as connection:
        await tables.insert(connection, new, at=_NOW, by="city-office-1")
    return new.expert_id


async def an_inspection(database: Database, facts: Facts) -> tuple[str, str]:
    """Plan an inspection of these facts, and enter an expert who can go along."""
    planned = inspection(
        duty_id=f"d-{secrets.token_hex(4)}", county=facts.county or "", sectors=(facts.sector or "coal_mine",)
    )
    await stage_on(database, PatientClock(_NOW)).plan(planned)
    return planned.task_id, await an_expert(database, facts)


SPECIMENS: Final = [
    Specimen.plain("GET /v1/experts", call=lambda _: Call(path="/v1/experts")),
    Specimen(
        route="GET /v1/experts/{expert_id}",
        kind=Kind.PLAIN,
        make=an_expert,
        call=lambda name: Call(path=f"/v1/experts/{name}"),
    ),
    Specimen.plain(
        "POST /v1/experts", call=lambda _: Call(path="/v1/experts", json=expert(f"E-{secrets.token_hex(4)}"))
    ),
    Specimen.item(
        "POST /v1/experts/{expert_id}/retire",
        make=an_expert,
        call=lambda name: Call(path=f"/v1/experts/{name}/retire", json={"valid_until": "2026-12-31"}),
        missing=Call(path="/v1/experts/none/retire", json={"valid_until": "2026-12-31"}),
    ),
    Specimen.item(
        "GET /v1/tasks/{name}/experts",
        make=an_inspection,
        call=lambda made: Call(path=f"/v1/tasks/{made[0]}/experts"),
        missing=Call(path=_MISSING, params={"enterprise": MINE}),
        carries={Dimension.COUNTY, Dimension.SECTOR},
    ),
    Specimen.item(
        "POST /v1/tasks/{name}/experts",
        make=an_inspection,
        call=lambda made: Call(path=f"/v1/tasks/{made[0]}/experts", json={"expert_id": made[1]}),
        missing=Call(path=_MISSING, json={"expert_id": "E-none"}),
        carries={Dimension.COUNTY, Dimension.SECTOR},
    ),
]
