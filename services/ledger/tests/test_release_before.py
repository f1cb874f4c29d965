"""The release before works on these tables: its statements, as they stood in 187b2d3, are taken."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import HOME

_WRITES: Final = {
    "look_back": (
        "INSERT INTO look_back (hazard_id, closure, due_on) VALUES ($1, 7, '2026-09-01')",
        "SELECT hazard_county, hazard_township, hazard_sector FROM look_back WHERE hazard_id = $1",
    ),
    "listing": (
        """INSERT INTO listing (hazard_id, listing, level, authority, authority_county, document, deadline_on, listed_at)
           VALUES ($1, 7, 'city', '市安委会（虚构）', NULL, '虚构〔2026〕7号', '2026-09-01', now())""",
        "SELECT county, township, sector, enterprise FROM listing WHERE hazard_id = $1",
    ),
    "accountability_case": (
        """INSERT INTO accountability_case
                  (case_number, hazard_id, reason, opened_at, enterprise_name, enterprise_uscc, reviewer_posts)
           SELECT 'case of ' || $1::uuid, $1, '前一版', now(), '前一版示例厂（虚构）', NULL, ''""",
        "SELECT hazard_county, hazard_township, hazard_sector FROM accountability_case WHERE hazard_id = $1",
    ),
    "look_alike": (
        """INSERT INTO look_alike (found_at, hazard_id, other_id, likeness)
           SELECT now(), $1, '00000000-0000-0000-0000-000000000000', 0.5""",
        "SELECT county, sector FROM look_alike WHERE hazard_id = $1",
    ),
}
_READS: Final = (
    """SELECT hazard_id::text, closure, number, county, sector, grade, responsible_unit, due_on, outcome, done_at
         FROM look_back JOIN hazard USING (hazard_id) WHERE hazard.county = $1 ORDER BY due_on, hazard_id, closure LIMIT 1""",
    """SELECT hazard_id::text, hazard.number, hazard.county, hazard.sector, hazard.state, hazard.responsible_unit,
              listing.listing, level, authority, authority_county, document, listing.deadline_on, listed_at, overdue_at,
              lifted_at, conclusion
         FROM listing JOIN hazard USING (hazard_id) WHERE hazard.county = $1 LIMIT 1""",
    """SELECT case_number, hazard_id::text, number, county, sector, reason, opened_at, kept.enterprise_name,
              kept.enterprise_uscc, owner_unit, owner_post, reviewer_posts, result, conclusion, concluded_at
         FROM accountability_case AS kept JOIN hazard USING (hazard_id) WHERE hazard.county = $1 LIMIT 1""",
    """SELECT pair.hazard_id, other_id, likeness FROM look_alike AS pair
         JOIN hazard AS one ON one.hazard_id = pair.hazard_id JOIN hazard AS other ON other.hazard_id = other_id
        WHERE one.county = $1 LIMIT 1""",
)


@pytest.mark.parametrize("table", _WRITES)
async def test_what_the_release_before_writes_says_whose_it_is(ledger: InProcess, table: str) -> None:
    written, read = _WRITES[table]
    hazard: dict[str, Any] = await ledger.registered()
    async with ledger.pool.acquire() as connection:
        rehearsal = connection.transaction()
        await rehearsal.start()
        try:
            await connection.execute(written, hazard["hazard_id"])
            row = await connection.fetchrow(read, hazard["hazard_id"])
        finally:
            await rehearsal.rollback()
    assert row is not None
    said = {name.removeprefix("hazard_"): value for name, value in row.items()}
    assert (said["county"], said["sector"]) == (HOME, hazard["sector"])


@pytest.mark.parametrize("read", _READS, ids=_WRITES)
async def test_what_the_release_before_reads_is_there(ledger: InProcess, read: str) -> None:
    await ledger.pool.fetch(read, HOME)
