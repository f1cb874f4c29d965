"""How the rights test reaches every endpoint of gathering."""

from __future__ import annotations

from typing import Any, Final

import httpx

from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Make, Specimen
from services.chassis.web.preconditions import Precondition
from services.ledger.gathering.handlers.merge import Merging, merge
from services.ledger.gathering.tables import look_alikes
from services.ledger.gathering.tables.look_alikes import LookAlike
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.tests.in_process import EVERYWHERE, NOON, InProcess
from services.ledger.tests.people import PEOPLE

_MISSING: Final = "140502-2026-999999"
_REASON: Final = {"reason": "同一处隐患"}
Pair = tuple[Hazard, Hazard]


class Pairs:
    """Makes two hazards of given facts; `hazard` makes one."""

    def __init__(self, ledger: InProcess, hazard: Make) -> None:
        self._ledger = ledger
        self._hazard = hazard

    async def apart(self, database: Database, facts: Facts) -> Pair:
        """Make two that are not merged."""
        return await self._hazard(database, facts), await self._hazard(database, facts)

    async def merged(self, database: Database, facts: Facts) -> Pair:
        """Make two of which the first is merged into the second."""
        one, other = await self.apart(database, facts)
        order = Merging(
            on=HazardKey(hazard_id=one.hazard_id),
            into=HazardKey(hazard_id=other.hazard_id),
            reason=_REASON["reason"],
            by=Caller(PEOPLE["city"], EVERYWHERE, "test"),
            expecting=Precondition(),
        )
        async with database.transaction() as connection:
            assert isinstance(await merge(connection, order, ledger=self._ledger.ledger), Hazard)
        return one, other

    async def alike(self, database: Database, facts: Facts) -> Pair:
        """Make two that are known to look alike, the later one first."""
        earlier, later = await self.apart(database, facts)
        found = [LookAlike(later.hazard_id, earlier.hazard_id, 1.0)]
        async with database.transaction() as connection:
            await look_alikes.keep(connection, [], found, NOON)
        return later, earlier


def gathering_specimens(ledger: InProcess, hazard: Make) -> list[Specimen]:
    """Return one for each endpoint; `hazard` makes a confirmed hazard."""
    pairs = Pairs(ledger, hazard)
    return [
        _item(
            "POST",
            "/merge",
            pairs.apart,
            lambda pair: {"into": pair[1].number, **_REASON},
            {"into": _MISSING, **_REASON},
        ),
        _item("POST", "/unmerge", pairs.merged, lambda _: _REASON, _REASON),
        _item("GET", "/sources", pairs.apart),
        _item("GET", "/look-alikes", pairs.apart),
        Specimen.rows(
            "GET /v1/look-alikes",
            make=pairs.alike,
            call=lambda _: Call(path="/v1/look-alikes", params={"limit": 1000}),
            shows=_named,
        ),
    ]


def _item(
    method: str, below: str, make: Make, body: Any = lambda _: None, missing: dict[str, str] | None = None
) -> Specimen:
    return Specimen.item(
        f"{method} /v1/hazards/{{name}}{below}",
        make=make,
        call=lambda pair: Call(path=f"/v1/hazards/{pair[0].number}{below}", json=body(pair)),
        missing=Call(path=f"/v1/hazards/{_MISSING}{below}", json=missing),
    )


def _named(answer: httpx.Response, pair: Pair) -> bool:
    return pair[0].number in answer.text
