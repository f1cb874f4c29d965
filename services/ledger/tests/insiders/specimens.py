"""How the rights test reaches every endpoint of inside reports."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

import httpx
import msgspec

from duban_contracts.testing.calendar import june
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Kind, Specimen
from services.ledger.insiders import tables
from services.ledger.insiders.model import NUMBERS, InsideReport, ReportState, digest_of, number_of

_PATH: Final = "/v1/inside-reports"
_CARRIED: Final = {Dimension.COUNTY, Dimension.ENTERPRISE}
_BLIND: Final = frozenset({Dimension.TOWNSHIP, Dimension.SECTOR})


class Coded(msgspec.Struct, frozen=True):
    """A report, and the code that its worker has."""

    report: InsideReport
    code: str


async def report(database: Database, facts: Facts) -> Coded:
    """Make a report to the enterprise of these facts."""
    county, code = facts.county or "", secrets.token_hex(12)
    async with database.transaction() as connection:
        made = InsideReport(
            report_id=str(uuid4()),
            number=number_of(county, 2026, secrets.randbelow(NUMBERS)),
            version=1,
            state=ReportState.RECEIVED,
            enterprise=facts.enterprise or "",
            county=county,
            place="三号车间",
            content="除尘风机停用",
            received_on=june(1),
            has_reporter=False,
            code_digest=digest_of(code),
        )
        await tables.insert(connection, made)
    return Coded(made, code)


def inside_specimens() -> list[Specimen]:
    """Return one for each endpoint. Whose enterprise it is sees a report, whichever township or sectors it looks after."""
    return [replace(each, blind=_BLIND) for each in _seen()]


def _seen() -> list[Specimen]:
    return [
        Specimen.rows(
            "GET /v1/inside-reports",
            make=report,
            call=lambda _: Call(path=_PATH, params={"limit": 1000}),
            shows=_shows,
            carries=_CARRIED,
        ),
        Specimen(
            route="POST /v1/inside-reports",
            kind=Kind.PLAIN,
            call=lambda _: Call(path=_PATH, json=_said()),
            refuses=lambda who: None if who.enterprise else "inside-report-no-enterprise",
        ),
        _of_report("GET", "", lambda _: None),
        _of_report("POST", "/handle", lambda _: {"measures": "已恢复除尘"}),
        _of_report("POST", "/reward", lambda code: {"claim_code": code, "amount": 500}),
    ]


def _of_report(method: str, below: str, body: Callable[[str], Any]) -> Specimen:
    return Specimen.item(
        f"{method} {_PATH}/{{report_id}}{below}",
        make=report,
        call=lambda made: Call(path=f"{_PATH}/{made.report.report_id}{below}", json=body(made.code)),
        missing=Call(path=f"{_PATH}/{uuid4()}{below}", json=body(secrets.token_hex(12))),
        carries=_CARRIED,
    )


def _said() -> dict[str, Any]:
    return {"place": "三号车间", "content": "除尘风机停用", "claim_code": secrets.token_hex(12)}


def _shows(answer: httpx.Response, made: Coded) -> bool:
    return made.report.number in answer.text
