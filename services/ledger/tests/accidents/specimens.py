"""How the rights test reaches every endpoint of accidents."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import httpx
import msgspec

from duban_contracts.events.accidents import AccidentGrade
from duban_contracts.events.types import Enterprise
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Connection, Database
from services.chassis.testing.rights.specimens import Call, Make, Specimen
from services.chassis.web.preconditions import Precondition
from services.ledger.accidents.handlers import move_measure, move_on, register, set_measure
from services.ledger.accidents.model import Accident
from services.ledger.accidents.moves import (
    CLOSE,
    DONE,
    VERIFY,
    CloseAccident,
    RegisterAccident,
    ReportDone,
    SetMeasure,
    VerifyMeasure,
)
from services.ledger.tests.in_process import EVERYWHERE, InProcess
from services.ledger.tests.people import HOME, PEOPLE

_CARRIES: Final = {Dimension.COUNTY, Dimension.SECTOR}
_SECTOR: Final = "hazchem"
ACCIDENT: Final = RegisterAccident(
    county=HOME,
    sector=_SECTOR,
    enterprise=Enterprise(name="示例化工有限公司（虚构）"),
    place="一车间",
    happened_on=june(1),
    grade=AccidentGrade.GENERAL,
    deaths=1,
    serious_injuries=0,
    course="物料喷出",
)
MEASURE: Final = SetMeasure(measure="加装联锁", unit="enterprise", post="生产副总经理", deadline_on=june(30))
_CLOSING: Final = CloseAccident(document="城区政函〔2026〕3号", conclusion="责任事故")
_FINDING: Final = {"finding": "属实"}


class AccidentRows:
    """Makes accidents of given facts, past HTTP: the city's accounts take them through the steps `to`."""

    def __init__(self, ledger: InProcess) -> None:
        self._with: dict[str, Any] = {"ledger": ledger.ledger}

    def accident(self, *to: str, late: bool = False) -> Make:
        async def make(database: Database, facts: Facts) -> Accident:
            command = msgspec.structs.replace(ACCIDENT, county=facts.county or HOME, sector=facts.sector or _SECTOR)
            async with database.transaction() as connection:
                made = await register(
                    connection, command, caller=_caller("city"), counties={command.county}, **self._with
                )
                for step in to:
                    assert isinstance(made, Accident), made
                    made = await self._step(connection, made.accident_id, step)
                assert isinstance(made, Accident), made
                if late:
                    await connection.execute(
                        "UPDATE accident_measure SET deadline_on = '2026-05-30' WHERE accident_id = $1",
                        made.accident_id,
                    )
            return made

        return make

    async def _step(self, connection: Connection, key: str, step: str) -> Accident | Refusal:
        by: dict[str, Any] = {"expecting": Precondition(), **self._with}
        first, second = _caller("city"), _caller("city-2")
        if step == "set":
            return await set_measure(connection, key, MEASURE, caller=first, **by)
        if step == "done":
            return await move_measure(connection, key, 1, DONE, ReportDone(report="已加装"), caller=first, **by)
        if step == "verify":
            return await move_measure(connection, key, 1, VERIFY, VerifyMeasure(finding="属实"), caller=second, **by)
        return await move_on(connection, key, CLOSE, _CLOSING, caller=first, **by)


def accident_specimens(ledger: InProcess) -> list[Specimen]:
    rows = AccidentRows(ledger)
    new, owed, done = rows.accident(), rows.accident("set"), rows.accident("set", "done")
    correction = {"grade": "general", "deaths": 2, "serious_injuries": 0, "finding": "补报"}
    return [
        Specimen.rows("GET /v1/accidents", make=new, call=_list(""), shows=_names, carries=_CARRIES),
        Specimen.rows(
            "GET /v1/accidents/overdue",
            make=rows.accident("set", late=True),
            call=_list("/overdue"),
            shows=_names,
            carries=_CARRIES,
        ),
        _item("GET", "", new, None),
        _item("GET", "/history", new, None),
        Specimen.plain(
            "POST /v1/accidents",
            call=lambda own: Call(
                path="/v1/accidents",
                json=_json(msgspec.structs.replace(ACCIDENT, county=own.county or HOME, sector=own.sector or _SECTOR)),
            ),
        ),
        _item("POST", "/correct", new, correction),
        _item("POST", "/measures", new, _json(MEASURE)),
        _item("POST", "/close", owed, _json(_CLOSING)),
        _item("POST", "/evaluate", rows.accident("set", "done", "verify", "close"), {"conclusion": "已落实"}),
        _item("POST", "/measures/{measure}/done", owed, {"report": "已加装"}),
        _item("POST", "/measures/{measure}/verify", done, _FINDING),
        _item("POST", "/measures/{measure}/return", done, _FINDING),
    ]


def _caller(who: str) -> Caller:
    return Caller(PEOPLE[who], EVERYWHERE, "test")


def _json(command: msgspec.Struct) -> Any:
    return msgspec.to_builtins(command)


def _item(method: str, below: str, make: Make, body: dict[str, Any] | None) -> Specimen:
    first = below.replace("{measure}", "1")
    return Specimen.item(
        f"{method} /v1/accidents/{{accident_id}}{below}",
        make=make,
        call=lambda row: Call(path=f"/v1/accidents/{row.accident_id}{first}", json=body),
        missing=Call(path=f"/v1/accidents/{uuid4()}{first}", json=body),
        carries=_CARRIES,
    )


def _list(below: str) -> Any:
    return lambda _: Call(path=f"/v1/accidents{below}", params={"limit": 1000})


def _names(answer: httpx.Response, row: Accident) -> bool:
    return row.accident_id in answer.text
