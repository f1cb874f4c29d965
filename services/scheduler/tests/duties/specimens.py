"""Duties, plans, campaigns and imports before every role: all staff read what is to be done, the city's office changes it."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, date, datetime
from typing import Any, Final

from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Kind, Specimen
from services.scheduler.campaigns import tables as campaign_tables
from services.scheduler.campaigns.model.campaign import Campaign
from services.scheduler.campaigns.model.plan import Plan
from services.scheduler.duties.tables import duties
from services.scheduler.tests.bench import PatientClock
from services.scheduler.tests.duties.builders import duty, version
from services.scheduler.tests.tasks.stage import report, stage_on

_NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
_TABLE: Final = {
    "year": 2026,
    "source_file": "S0",
    "rows": [
        {"month": 6, "seq": 1, "title_zh": "应急演练", "kind": "drill", "lead_units": ["市应急管理局"], "sectors": []},
    ],
}


async def a_duty(database: Database, _: Facts) -> str:
    made = version(duty(duty_id=f"d-{secrets.token_hex(4)}", valid_from=date(2026, 1, 1)))
    async with database.transaction() as connection:
        await duties.append(connection, [made])
    return made.duty.duty_id


async def a_task(database: Database, facts: Facts) -> str:
    """Plan one task of a new duty in a county and a sector."""
    name = await a_duty(database, facts)
    await stage_on(database, PatientClock(_NOW)).plan(
        report(duty_id=name, county=str(facts.county), sectors=(str(facts.sector),))
    )
    return name


async def a_plan(database: Database, _: Facts) -> str:
    plan = Plan(
        code=f"p-{secrets.token_hex(4)}",
        title="任务表",
        document="S0",
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
    )
    async with database.transaction() as connection:
        await campaign_tables.save_plans(connection, [plan], at=_NOW, by="city-office-1")
    return plan.code


async def a_campaign(database: Database, _: Facts) -> str:
    campaign = Campaign(code=f"c-{secrets.token_hex(4)}", name="行动", document="S4", starts_on=date(2026, 1, 1))
    async with database.transaction() as connection:
        await campaign_tables.save_campaigns(connection, [campaign], at=_NOW, by="city-office-1")
    return campaign.code


def _body(duty_id: str) -> dict[str, Any]:
    return {
        "duty_id": duty_id,
        "kind": "drill",
        "title": "应急演练",
        "rule": {"by": "deadline", "due_on": "2026-12-31"},
        "valid_from": "2026-01-01",
        "lead": "emergency_management",
        "source": {"document": "S0", "item": "五"},
    }


def _new_duty(_: Facts) -> Call:
    return Call(path="/v1/duties", json=_body(f"d-{secrets.token_hex(4)}"))


def _new_occasion(_: Facts) -> Call:
    name = secrets.token_hex(4)
    days = {"starts_on": "2026-10-01", "ends_on": "2026-10-07"}
    return Call(path="/v1/occasions", json={"occasion_id": name, "kind": "event", "name": "活动", **days})


def _change(duty_id: str) -> Call:
    return Call(path=f"/v1/duties/{duty_id}/change", json={"duty": _body(duty_id), "reason": "调整"})


def _cancel(duty_id: str) -> Call:
    return Call(path=f"/v1/duties/{duty_id}/cancel", json={"reason": "取消"})


def _one(route: str, make: Any, path: str) -> Specimen:
    """Try a route about a row that concerns everybody: whoever may do it sees it, whatever his scope."""
    return Specimen(route=route, kind=Kind.PLAIN, make=make, call=lambda name: Call(path=path.replace("{}", name)))


def _list(path: str) -> Specimen:
    return Specimen.plain(f"GET {path}", call=lambda _: Call(path=path))


SPECIMENS: Final = [
    _list("/v1/duties"),
    _list("/v1/duties/count"),
    _list("/v1/occasions"),
    _list("/v1/plans"),
    _list("/v1/campaigns"),
    _list("/v1/audit/planning"),
    _one("GET /v1/duties/{duty_id}", a_duty, "/v1/duties/{}"),
    _one("GET /v1/duties/{duty_id}/versions", a_duty, "/v1/duties/{}/versions"),
    Specimen.rows(
        "GET /v1/duties/{duty_id}/fulfilment",
        make=a_task,
        call=lambda name: Call(path=f"/v1/duties/{name}/fulfilment"),
        shows=lambda answer, _: bool(answer.json()["items"]),
        carries={Dimension.COUNTY, Dimension.SECTOR},
    ),
    _one("GET /v1/plans/{code}", a_plan, "/v1/plans/{}"),
    _one("GET /v1/plans/{code}/gaps", a_plan, "/v1/plans/{}/gaps"),
    _one("GET /v1/plans/{code}/table.xlsx", a_plan, "/v1/plans/{}/table.xlsx"),
    _one("GET /v1/plans/{code}/table.md", a_plan, "/v1/plans/{}/table.md"),
    _one("GET /v1/plans/{code}/year.svg", a_plan, "/v1/plans/{}/year.svg"),
    _one("GET /v1/campaigns/{code}", a_campaign, "/v1/campaigns/{}"),
    Specimen.plain("POST /v1/duties", call=_new_duty),
    Specimen.plain("POST /v1/duties/plan", call=lambda _: Call(path="/v1/duties/plan")),
    Specimen.plain("POST /v1/occasions", call=_new_occasion),
    Specimen.plain(
        "POST /v1/campaigns",
        call=lambda _: Call(
            path="/v1/campaigns",
            json={"code": "flood", "name": "行动", "document": "S4", "starts_on": "2026-01-01"},
        ),
    ),
    Specimen.plain("POST /v1/imports", call=lambda _: Call(path="/v1/imports", content=json.dumps(_TABLE).encode())),
    Specimen.item("POST /v1/duties/{duty_id}/change", make=a_duty, call=_change, missing=_change("none")),
    Specimen.item("POST /v1/duties/{duty_id}/cancel", make=a_duty, call=_cancel, missing=_cancel("none")),
]
