"""What the rights test is told of the tasks' endpoints."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any, Final

import httpx
import msgspec

from duban_contracts.testing.calendar import local
from services.chassis.access.principal import Principal
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Make, Refuses, Specimen
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tasks.moves import MOVES, Submit
from services.scheduler.tasks.moves.move import Hand
from services.scheduler.tests.bench import PatientClock
from services.scheduler.tests.tasks.stage import COLLEAGUE, county, proof, report, stage_on

_CARRIES: Final = {Dimension.COUNTY, Dimension.SECTOR}
# Whoever the rights test sends belongs to another unit.
_STRANGER: Final = "water_bureau"
_PROOF: Final = msgspec.to_builtins(proof("照片"))
_BODIES: Final[dict[str, dict[str, Any]]] = {
    "acknowledge": {},
    "submit": {"summary": "已办"},
    "supplement": {"evidence": [_PROOF]},
    "approve": {"approval": "inspection_plan", "remark": "同意"},
    "accept": {"review": "齐全"},
    "return": {"reason": "缺数据"},
    "renew": {"reason": "限期补报", "due_on": "2026-06-20"},
    "waive": {"reason": "统一检查", "approved_by": "纪要"},
    "cancel": {"reason": "重复"},
}


def _task(name: str = "") -> Make:
    """Make tasks that stand where the move `name` succeeds."""

    async def make(database: Database, facts: Facts) -> PlannedTask:
        owned = name in {"", "acknowledge", "submit", "supplement"}
        plan = report(
            duty_id=f"d-{secrets.token_hex(4)}",
            county=facts.county or "",
            member=county(facts.county or ""),
            sectors=(facts.sector or "",),
            lead_unit=(facts.unit or "") if owned else _STRANGER,
            approvals=("inspection_plan",) if name == "approve" else (),
            window_start=date(2026, 5, 20),
        )
        stage = stage_on(database, PatientClock(local(1)))
        await stage.plan(plan)
        await stage.tick()
        if name in {"accept", "return"}:
            await stage.move(plan, Submit(summary="已办"), COLLEAGUE)
        if name == "renew":
            await stage.at(local(2))
        return plan

    return make


def _refuses(hand: Hand) -> Refuses:
    """Return by whom the task of the rights test may not be moved: it is the own unit's of whoever has a unit."""

    def refuses(who: Principal) -> str | None:
        if hand in {Hand.OWNER, Hand.PARTY} and who.role != "city_office" and who.unit != "safety_committee":
            return "task-of-another"
        return None

    return refuses


def _names(answer: httpx.Response, plan: PlannedTask) -> bool:
    return plan.task_id in answer.text


def _search(path: str) -> Any:
    return lambda plan: Call(path=path, params={"duty": plan.duty_id})


def specimens() -> list[Specimen]:
    """Return the specimens of all endpoints of tasks and rosters."""
    plain = (
        "/v1/tasks/by-unit",
        "/v1/tasks/trainings",
        "/v1/tasks/drills",
        "/v1/task-forms",
        "/v1/audit/tasks",
        "/v1/rosters",
    )
    return [
        Specimen.rows("GET /v1/tasks", make=_task(), call=_search("/v1/tasks"), shows=_names, carries=_CARRIES),
        Specimen.rows(
            "GET /v1/tasks/count",
            make=_task(),
            call=_search("/v1/tasks/count"),
            shows=lambda answer, _: answer.json()["total"] == 1,
            carries=_CARRIES,
        ),
        Specimen.item(
            "GET /v1/tasks/coverage",
            make=_task(),
            call=lambda plan: Call(path="/v1/tasks/coverage", params={"duty": plan.duty_id, "period": plan.period}),
            missing=Call(path="/v1/tasks/coverage", params={"duty": "d-none", "period": "2026-05"}),
            carries=_CARRIES,
        ),
        *(_plain(path) for path in plain),
        Specimen.plain("GET /v1/rosters/{code}", call=lambda _: Call(path="/v1/rosters/counties")),
        *(_one("GET", below) for below in ("", "/history")),
        *(_one("POST", f"/{move.name}", _BODIES[move.name], _task(move.name), _refuses(move.hand)) for move in MOVES),
    ]


def _plain(path: str) -> Specimen:
    params = {"year": 2026} if path.endswith(("/trainings", "/drills")) else {}
    return Specimen.plain(f"GET {path}", call=lambda _: Call(path=path, params=params))


def _one(
    method: str,
    below: str,
    body: dict[str, Any] | None = None,
    make: Make | None = None,
    refuses: Refuses = lambda _: None,
) -> Specimen:
    return Specimen.item(
        f"{method} /v1/tasks/{{name}}{below}",
        make=make or _task(),
        call=lambda plan: Call(path=f"/v1/tasks/{plan.task_id}{below}", json=body),
        missing=Call(path=f"/v1/tasks/RW2026-0000000000{below}", json=body),
        carries=_CARRIES,
        refuses=refuses,
    )
