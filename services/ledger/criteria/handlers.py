"""Loading criteria: a file's versions all or none; what is there already must be the same, word for word."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final

from duban_contracts.findings import Findings
from services.chassis.access.acting import Acting
from services.chassis.storage.database import Connection, Database
from services.chassis.web.imports import json_of
from services.ledger.criteria import tables
from services.ledger.criteria.model import reading, workbook
from services.ledger.criteria.model.standards import Standard

# A workbook is a zip archive.
_ZIP: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading did, or would do: `faults` refused the whole file."""

    faults: Findings
    created: tuple[Standard, ...] = ()
    unchanged: tuple[Standard, ...] = ()


def read_file(content: bytes, found: Findings) -> list[Standard]:
    """Return the versions of a file, JSON or workbook, with everything that is wrong noted in `found`."""
    if content.startswith(_ZIP):
        return reading.read(workbook.rows_of(content, found), found)
    raw = json_of(content, found)
    return [] if found.errors else reading.read(reading.rows_of(raw, found), found)


async def load_criteria(database: Database, content: bytes, *, acting: Acting, rehearse: bool) -> Loaded:
    """Keep what a file says, all of it or nothing; a rehearsal does the same and takes it back."""
    found = Findings()
    # In a thread: a large workbook takes seconds, in which heartbeats and claims would wait.
    standards = await asyncio.to_thread(read_file, content, found)
    if found.errors:
        return Loaded(found)
    loaded = Loaded(found)
    with contextlib.suppress(_TakenBack):
        async with database.transaction() as connection:
            loaded = await _keep(connection, standards, found, acting)
            if rehearse or found.errors:
                raise _TakenBack
    return loaded


class _TakenBack(Exception):
    """The transaction leaves nothing: it was a rehearsal, or the file is refused."""


async def _keep(connection: Connection, standards: list[Standard], found: Findings, acting: Acting) -> Loaded:
    sectors = {each.sector for each in standards}
    await tables.hold(connection, sectors)
    kept = await tables.of_sectors(connection, sectors)
    known = {(each.sector, each.version): each for each in kept}
    begun = {(each.sector, each.in_force_on): each.version for each in kept}
    new, same = [], []
    for each in standards:
        before = known.get((each.sector, each.version))
        if before == each:
            same.append(each)
        elif before is not None:
            found.error(
                f"{each.sector}/{each.version}",
                "version-differs",
                "a version is never changed: load what is new under a new version",
            )
        elif other := begun.get((each.sector, each.in_force_on)):
            found.error(
                f"{each.sector}/{each.version}", "begins-as-another", f"{other} begins on that day", each.in_force_on
            )
        else:
            new.append(each)
    if not found.errors:
        await tables.insert(connection, new, at=acting.at, by=acting.account)
    return Loaded(found, tuple(new), tuple(same))
