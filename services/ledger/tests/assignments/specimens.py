"""How the rights test reaches every endpoint of assignments."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import uuid4

import httpx

from duban_contracts.testing.calendar import june
from duban_contracts.vocabulary import UNITS
from services.chassis.access.principal import Principal
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import Role
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Make, Specimen
from services.chassis.web.preconditions import Precondition
from services.ledger.assignments.handlers import give, move_on
from services.ledger.assignments.http import Deps
from services.ledger.assignments.model import Assignment
from services.ledger.assignments.moves import AnswerMatter, Assign
from services.ledger.assignments.moves.answer import ANSWER
from services.ledger.tests.in_process import EVERYWHERE, InProcess
from services.ledger.tests.people import COUNTIES, PEOPLE

_CARRIES: Final = {Dimension.COUNTY, Dimension.SECTOR}
# The unit of those whom the trial sends.
_UNIT: Final = next(iter(UNITS)).code
_GIVEN: Final[dict[str, Any]] = {
    "document": "晋市安委办交〔2026〕5号",
    "matter": "动火作业未审批",
    "unit": _UNIT,
    "due_on": june(10).isoformat(),
}


class AssignmentRows:
    """Makes assignments of given facts, past HTTP."""

    def __init__(self, ledger: InProcess) -> None:
        self._deps = Deps(ledger.database, ledger.clock, ledger.platform.city.rules, frozenset(COUNTIES))

    def assignment(self, *, answered: bool = False, late: bool = False) -> Make:
        """Make assignments: answered ones, or such whose day is over, where asked."""

        async def make(database: Database, facts: Facts) -> Assignment:
            command = Assign(
                document="晋市安委办交〔2026〕5号",
                matter="动火作业未审批",
                unit=_UNIT,
                county=facts.county,
                sector=facts.sector,
                due_on=june(10),
            )
            acting = self._deps.acting(Caller(PEOPLE["office"], EVERYWHERE, "test"))
            async with database.transaction() as connection:
                made = await give(
                    connection, command, acting=acting, rules=self._deps.rules, counties=self._deps.counties
                )
                assert isinstance(made, Assignment)
                if answered:
                    bureau = Principal("bureau-1", Role.COUNTY_REGULATOR, facts.county or "", unit=_UNIT)
                    scope = EVERYWHERE.narrowed(county=facts.county)
                    said = await move_on(
                        connection,
                        made.assignment_id,
                        ANSWER,
                        AnswerMatter(answer="已整改"),
                        expecting=Precondition(),
                        now=partial(self._deps.acting, Caller(bureau, scope, "test")),
                    )
                    assert isinstance(said, Assignment), said
                if late:
                    await connection.execute(
                        "UPDATE assignment SET due_on = '2026-05-30' WHERE assignment_id = $1", made.assignment_id
                    )
            return made

        return make


def assignment_specimens(ledger: InProcess) -> list[Specimen]:
    rows = AssignmentRows(ledger)
    owed = rows.assignment()
    return [
        Specimen.rows("GET /v1/assignments", make=owed, call=_list(""), shows=_names, carries=_CARRIES),
        Specimen.rows(
            "GET /v1/assignments/unanswered",
            make=rows.assignment(late=True),
            call=_list("/unanswered"),
            shows=_names,
            carries=_CARRIES,
        ),
        _item("GET", "", owed, None),
        Specimen.plain(
            "POST /v1/assignments", call=lambda own: Call(path="/v1/assignments", json={**_GIVEN, "county": own.county})
        ),
        _item("POST", "/answer", owed, {"answer": "已整改"}, _not_the_units),
        _item("POST", "/accept", rows.assignment(answered=True), {"remark": "同意"}, _not_the_citys),
        _item("POST", "/return", rows.assignment(answered=True), {"reason": "不全"}, _not_the_citys),
        _item("POST", "/withdraw", owed, {"reason": "另行交办"}, _not_the_citys),
    ]


def _item(method: str, below: str, make: Make, body: dict[str, Any] | None, refuses: Any = lambda _: None) -> Specimen:
    return Specimen.item(
        f"{method} /v1/assignments/{{assignment_id}}{below}",
        make=make,
        call=lambda row: Call(path=f"/v1/assignments/{row.assignment_id}{below}", json=body),
        missing=Call(path=f"/v1/assignments/{uuid4()}{below}", json=body),
        carries=_CARRIES,
        refuses=refuses,
    )


def _not_the_units(who: Principal) -> str | None:
    of_the_county = len(who.area) == 6 and not who.area.endswith("00")
    mine = of_the_county and (who.unit == _UNIT or who.role == Role.COUNTY_OFFICE)
    return None if mine else "assignment-of-another"


def _not_the_citys(who: Principal) -> str | None:
    return None if who.role == Role.CITY_OFFICE else "assigned-by-another"


def _list(below: str) -> Any:
    return lambda _: Call(path=f"/v1/assignments{below}", params={"limit": 1000})


def _names(answer: httpx.Response, row: Assignment) -> bool:
    return row.assignment_id in answer.text
