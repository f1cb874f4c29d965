"""Criteria for the rights test: a version to read, and a file to rehearse."""

from __future__ import annotations

from duban_contracts.findings import Findings
from services.chassis.testing.rights.specimens import Call, Specimen
from services.ledger.criteria import tables
from services.ledger.criteria.handlers import read_file
from services.ledger.tests.criteria.files import as_json, version
from services.ledger.tests.in_process import NOON, InProcess

# A sector of which no test has hazards: what is loaded stays.
_SECTOR = "post_express"


async def criteria_specimens(ledger: InProcess) -> list[Specimen]:
    """How each endpoint of the criteria is tried."""
    [standard] = read_file(as_json(version(_SECTOR, "1")), Findings())
    async with ledger.database.transaction() as connection:
        if await tables.one(connection, _SECTOR, "1") is None:
            await tables.insert(connection, [standard], at=NOON, by="office")
    rehearsal = Call(
        path="/v1/criteria/imports",
        params={"dry_run": True},
        content=as_json(version("grain_storage")),
        headers={"Content-Type": "application/json"},
    )
    return [
        Specimen.plain("GET /v1/criteria", call=lambda _: Call(path="/v1/criteria")),
        Specimen.plain("GET /v1/criteria/{sector}/{version}", call=lambda _: Call(path=f"/v1/criteria/{_SECTOR}/1")),
        Specimen.plain("POST /v1/criteria/imports", call=lambda _: rehearsal),
    ]
