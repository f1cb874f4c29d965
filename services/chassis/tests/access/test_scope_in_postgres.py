"""`covers` and `where` say the same of every row, on PostgreSQL itself."""

from __future__ import annotations

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.local.ephemeral import in_own_loop
from services.chassis.access.scope import Dimension, Facts, Scope
from services.chassis.tests.access.strategies import facts, scopes

_COLUMNS = {dimension: f"thing.{dimension}" for dimension in Dimension}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(facts(), min_size=20, max_size=60),
    st.lists(scopes(), min_size=20, max_size=60),
    st.sets(st.sampled_from(Dimension)),
    st.integers(1, 4),
)
def test_a_row_in_hand_and_a_row_in_the_table_get_the_same_answer(
    postgres_dsn: str, rows: list[Facts], asked: list[Scope], missing: set[Dimension], first: int
) -> None:
    """A dimension in `missing` has no column: a scope that is restricted there finds nothing at all."""
    columns = {dimension: column for dimension, column in _COLUMNS.items() if dimension not in missing}
    found = in_own_loop(_found(postgres_dsn, rows, asked, columns, first))
    for scope, positions in zip(asked, found, strict=True):
        blind = any(scope.codes(dimension) is not None for dimension in missing)
        expected = [] if blind else [n for n, row in enumerate(rows) if scope.covers(row)]
        assert positions == expected, scope


async def _found(
    dsn: str, rows: list[Facts], asked: list[Scope], columns: dict[Dimension, str], first: int
) -> list[list[int]]:
    connection = await asyncpg.connect(dsn)
    try:
        names = ", ".join(f"{dimension} text" for dimension in Dimension)
        await connection.execute(f"CREATE TEMPORARY TABLE thing (position integer, {names})")
        records = [(n, *(getattr(row, dimension) for dimension in Dimension)) for n, row in enumerate(rows)]
        await connection.copy_records_to_table("thing", records=records)
        return [await _positions(connection, scope, columns, first) for scope in asked]
    finally:
        await connection.close()


async def _positions(
    connection: asyncpg.Connection[asyncpg.Record], scope: Scope, columns: dict[Dimension, str], first: int
) -> list[int]:
    conditions, values = scope.where(columns, first)
    # What stands before: the caller's own placeholders.
    before = [f"position >= ${n}" for n in range(1, first)]
    where = " AND ".join([*before, *conditions]) or "true"
    query = f"SELECT position FROM thing WHERE {where} ORDER BY position"  # noqa: S608
    return [row["position"] for row in await connection.fetch(query, *[0] * (first - 1), *values)]
