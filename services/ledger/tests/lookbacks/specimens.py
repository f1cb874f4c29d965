"""Look-backs for the rights test: each of a hazard that was struck off, planned here whatever the lot says."""

from __future__ import annotations

from services.chassis.access.scope import Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Make, Specimen
from services.ledger.hazards.model import Hazard
from services.ledger.lookbacks import tables
from services.ledger.lookbacks.model import Planned
from services.ledger.tests.telling import TODAY

# Another test's hazards stand in the list, too: those of the rights test are due before them.
_BEFORE_ALL = TODAY.replace(year=TODAY.year - 1)


def look_back_specimens(closed: Make) -> list[Specimen]:
    """How the list is tried; `closed` makes a hazard that was struck off."""

    async def planned(database: Database, facts: Facts) -> Hazard:
        hazard: Hazard = await closed(database, facts)
        async with database.transaction() as connection:
            await connection.execute("DELETE FROM look_back WHERE hazard_id = $1", hazard.hazard_id)
            entry = Planned(hazard_id=hazard.hazard_id, closure=1, due_on=_BEFORE_ALL)
            await tables.plan(connection, [entry])
        return hazard

    return [
        Specimen.rows(
            "GET /v1/look-backs",
            make=planned,
            call=lambda _: Call(path="/v1/look-backs", params={"limit": 1000, "due_by": _BEFORE_ALL.isoformat()}),
            shows=lambda answer, hazard: hazard.number in answer.text,
        )
    ]
