"""A statement's plan outlives the size of the table that it was made for: what is asked by key stays a look-up by key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import pytest

from services.chassis.storage.database import Database, connect

TABLE: Final = """
CREATE TABLE thing (id bigint PRIMARY KEY, county text NOT NULL, reference text NOT NULL, said text NOT NULL);
CREATE UNIQUE INDEX thing_by_reference ON thing (county, reference);
"""
FILL: Final = """
INSERT INTO thing
SELECT n, '1405' || lpad((n % 6)::text, 2, '0'), 'R-' || n, (SELECT string_agg(md5(n || '-' || m), '') FROM generate_series(1, 35) AS m)
  FROM generate_series($1::bigint, $2::bigint) AS n
"""
FIND: Final = """
SELECT thing.* FROM thing JOIN unnest($1::text[], $2::text[]) AS wanted (county, reference) USING (county, reference)
 ORDER BY id FOR UPDATE OF thing
"""
# With the costs that PostgreSQL is delivered with, a table of so few rows is read from end to end to find ten.
SMALL: Final = 150
LARGE: Final = 5_000
READ: Final = "SELECT pg_stat_get_xact_tuples_returned('thing'::regclass)"


@pytest.fixture
async def small(database: str) -> AsyncIterator[Database]:
    opened = await connect(database, application_name="test", keeps_trail=False)
    async with opened.acquire() as connection:
        await connection.execute(TABLE)
        await connection.execute(FILL, 1, SMALL)
        await connection.execute("ANALYZE thing")
    yield opened
    await opened.close()


async def test_a_statement_first_asked_of_a_small_table_reads_what_it_finds_when_the_table_has_grown(
    small: Database,
) -> None:
    counties, references = ["140501"] * 10, [f"R-{1 + 6 * n}" for n in range(10)]
    async with small.acquire() as asking, small.acquire() as other:
        # PostgreSQL makes the plan that it keeps at the sixth time.
        for _ in range(8):
            assert len(await asking.fetch(FIND, counties, references)) == len(references)
        await other.execute(FILL, SMALL + 1, LARGE)
        async with asking.transaction():
            before = await asking.fetchval(READ)
            assert len(await asking.fetch(FIND, counties, references)) == len(references)
            assert await asking.fetchval(READ) - before <= 2 * len(references)
