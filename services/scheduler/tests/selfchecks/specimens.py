"""What the rights test is told of the self-checks' endpoints."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Make, Specimen
from services.scheduler.selfchecks import tables
from services.scheduler.selfchecks.documents import ByPlant
from services.scheduler.selfchecks.model import Check, CheckFindings, CheckLevel, Plant, PlantLayout
from services.scheduler.selfchecks.tables import EntryStamp
from services.scheduler.tests.selfchecks.stage import check, layout, plant

_CARRIES: Final = {Dimension.COUNTY, Dimension.SECTOR, Dimension.ENTERPRISE}
_NOBODY: Final = "00000000-0000-4000-8000-000000000000"
_STAMP: Final = EntryStamp(datetime(2024, 5, 15, 1, tzinfo=UTC), "enterprise-1")
_PLANTS: Final = "/v1/selfcheck-plants"
# Whoever is restricted in anything finds no place of these.
_NOWHERE: Final = plant(county="999999", enterprise="91999999XXXX00001A")
_CHECK: Final = check("month", "2024-05-10")
_REASON: Final = {"reason": "误报"}


async def facts_alone(_: Database, facts: Facts) -> Facts:
    """Make nothing: what is registered is the row."""
    return facts


async def a_plant(database: Database, facts: Facts) -> Plant:
    """Register a plant without workshops and teams."""
    async with database.transaction() as connection:
        return await tables.insert_plant(
            connection,
            PlantLayout(name="一厂", since=date(2024, 1, 1)),
            enterprise=facts.enterprise or "",
            county=facts.county or "",
            sector=facts.sector,
            stamp=_STAMP,
        )


async def a_check(database: Database, facts: Facts) -> Check:
    """File the monthly check of a plant."""
    made = await a_plant(database, facts)
    found = CheckFindings(level=CheckLevel.MONTH, held_on=date(2024, 5, 10))
    async with database.transaction() as connection:
        return await tables.insert_check(connection, made, found, filed_on=found.held_on, stamp=_STAMP)


def _before(of: Plant) -> str:
    """Return the cursor behind which this plant is the next one: other endpoints make plants, too."""
    return ByPlant(plant_id=UUID(int=of.plant_id.int - 1)).encode()


def _one(method: str, below: str, body: dict[str, Any] | None = None, make: Make = a_plant) -> Specimen:
    def path(of: Any) -> str:
        return f"{_PLANTS}/{of.plant_id}{below}".replace("{check_id}", str(getattr(of, "check_id", "")))

    return Specimen.item(
        f"{method} {_PLANTS}/{{plant_id}}{below}",
        make=make,
        call=lambda of: Call(path=path(of), json=body),
        missing=Call(path=f"{_PLANTS}/{_NOBODY}{below}".replace("{check_id}", _NOBODY), json=body),
        carries=_CARRIES,
    )


SPECIMENS: Final = [
    Specimen.item(
        f"POST {_PLANTS}",
        make=facts_alone,
        call=lambda facts: Call(
            path=_PLANTS, json=plant(county=facts.county, enterprise=facts.enterprise, sector=facts.sector)
        ),
        missing=Call(path=_PLANTS, json=_NOWHERE),
        carries=_CARRIES,
    ),
    Specimen.rows(
        f"GET {_PLANTS}",
        make=a_plant,
        call=lambda of: Call(path=_PLANTS, params={"after": _before(of), "limit": "1"}),
        shows=lambda answer, of: str(of.plant_id) in answer.text,
        carries=_CARRIES,
    ),
    _one("GET", ""),
    _one("GET", "/sheet"),
    _one("GET", "/checks"),
    _one("POST", "/change", {**layout(), **_REASON}),
    _one("POST", "/checks", _CHECK),
    _one("POST", "/checks/{check_id}/withdraw", _REASON, a_check),
]
