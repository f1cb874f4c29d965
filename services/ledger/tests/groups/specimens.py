"""How the rights test reaches the endpoints of area groups."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any, Final

import httpx

from duban_contracts.events.types import Enterprise
from duban_contracts.testing.claims import report
from services.chassis.access.scope import Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Specimen
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.tables import register
from services.ledger.hazards.tables.register import Filter
from services.ledger.tests.in_process import EVERYWHERE, InProcess

_PATH: Final = "/v1/supervision-groups"
# Each month is used once, whoever asks: what is counted in it is one row.
_MONTHS: Final = (date(year, month, 15) for year, month in itertools.product(range(2010, 2026), range(1, 13)))


class Findings:
    """Makes findings of given facts, each in a month of its own."""

    def __init__(self, ledger: InProcess) -> None:
        self._ledger = ledger

    async def make(self, database: Database, facts: Facts) -> Hazard:
        """Make one that an inspection found."""
        county, reference = facts.county or "", self._ledger.new_reference()
        said = report(
            reference,
            county=county,
            sector=facts.sector,
            township=facts.township,
            enterprise=Enterprise(name="示例企业（虚构）", uscc=facts.enterprise),
            found_on=next(_MONTHS),
        )
        await self._ledger.take(said, county=county)
        wanted = Filter(county=county, reference=reference)
        async with database.acquire() as connection:
            [hazard] = await register.page(connection, EVERYWHERE, wanted, after=None, limit=1)
        return hazard


def group_specimens(ledger: InProcess) -> list[Specimen]:
    """Return one for each endpoint."""
    make = Findings(ledger).make
    return [
        Specimen.plain(f"GET {_PATH}", call=lambda _: Call(path=_PATH)),
        Specimen.rows(f"GET {_PATH}/findings", make=make, call=_of_month("/findings"), shows=_named),
        Specimen.rows(f"GET {_PATH}/findings/count", make=make, call=_of_month("/findings/count"), shows=_counted),
    ]


def _of_month(below: str) -> Any:
    return lambda hazard: Call(path=f"{_PATH}{below}", params={"month": f"{hazard.found_on:%Y-%m}"})


def _named(answer: httpx.Response, hazard: Hazard) -> bool:
    return hazard.number in answer.text


def _counted(answer: httpx.Response, _: Hazard) -> bool:
    return bool(answer.json()["total"] == 1)
