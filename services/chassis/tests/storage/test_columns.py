"""A batch of rows as columns, on the real server: what is declared once is written whole, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

import asyncpg
import pytest

from services.chassis.storage.columns import Columns


@dataclass(frozen=True)
class Firm:
    uscc: str | None


@dataclass(frozen=True)
class Thing:
    number: str
    offset: int
    firm: Firm
    found_on: date | None = None


THING: Columns[Thing] = Columns(
    {
        "number": "text",
        "offset": "bigint",
        "uscc": ("text", "firm.uscc"),
        "shouted": ("text", lambda thing: thing.number.upper()),
        "found_on": "date",
    }
)


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    await connection.execute(
        """CREATE TABLE thing (id bigint GENERATED ALWAYS AS IDENTITY, number text PRIMARY KEY, "offset" bigint,
                               uscc text, shouted text, found_on date)"""
    )
    yield connection
    await connection.close()


def things(*numbers: str, offset: int = 0) -> list[Thing]:
    return [Thing(number, offset + i, Firm("9114" if i % 2 else None)) for i, number in enumerate(numbers)]


async def test_a_batch_is_inserted_whole_and_in_its_order(connection: asyncpg.Connection) -> None:
    batch = things("b", "a", "c")
    await connection.execute(THING.insert("thing"), *THING.arguments(batch))
    rows = await connection.fetch('SELECT number, "offset", uscc, shouted, found_on FROM thing ORDER BY id')
    assert [tuple(row) for row in rows] == [
        ("b", 0, None, "B", None),
        ("a", 1, "9114", "A", None),
        ("c", 2, None, "C", None),
    ]


@pytest.mark.parametrize("number", [0, 1, 19, 20, 60])
async def test_new_rows_are_put_whole_and_in_their_order_however_many_they_are(
    connection: asyncpg.Connection, number: int
) -> None:
    batch = things(*(f"n{nth}" for nth in reversed(range(number))))
    await THING.put(connection, "thing", batch)
    rows = await connection.fetch('SELECT number, "offset", uscc, shouted, found_on FROM thing ORDER BY id')
    assert [tuple(row) for row in rows] == [tuple(row) for row in zip(*THING.arguments(batch), strict=True)]


@pytest.mark.parametrize("number", [2, 60])
async def test_a_row_that_is_there_already_is_named_whichever_way_the_batch_went(
    connection: asyncpg.Connection, number: int
) -> None:
    batch = things(*(f"n{nth}" for nth in range(number)), "n0")
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await THING.put(connection, "thing", batch)
    assert refused.value.constraint_name == "thing_pkey"
    assert await connection.fetchval("SELECT count(*) FROM thing") == 0


async def test_an_upsert_changes_what_is_there_unless_told_to_leave_it(connection: asyncpg.Connection) -> None:
    statement = THING.upsert("thing", ["number"], 'thing."offset" < EXCLUDED."offset"')
    await connection.execute(statement, *THING.arguments(things("a", "b", offset=5)))
    await connection.execute(statement, *THING.arguments(things("a", "b", "c", offset=5)))
    await connection.execute(statement, *THING.arguments(things("b", offset=9)))
    rows = await connection.fetch('SELECT number, "offset" FROM thing ORDER BY number')
    assert [tuple(row) for row in rows] == [("a", 5), ("b", 9), ("c", 7)]


async def test_an_update_finds_its_rows_by_key_behind_other_parameters(connection: asyncpg.Connection) -> None:
    await connection.execute(THING.insert("thing"), *THING.arguments(things("a", "b")))
    some = THING.only("number", "offset")
    statement = some.update("thing", ["number"], first=2) + " AND $1::text <> thing.number"
    await connection.execute(statement, "a", *some.arguments(things("a", "b", offset=40)))
    rows = await connection.fetch('SELECT number, "offset", shouted FROM thing ORDER BY number')
    assert [tuple(row) for row in rows] == [("a", 0, "A"), ("b", 41, "B")]


def test_columns_are_chosen_joined_and_left_out_by_name() -> None:
    assert THING.only("uscc", "number").names == '"uscc", "number"'
    assert THING.without("uscc", "shouted", "found_on").names == '"number", "offset"'
    assert (THING.only("number") | THING.only("offset")).names == THING.only("number", "offset").names
    assert THING.only("offset").rows("wanted", 3) == 'unnest($3::bigint[]) AS wanted ("offset")'
    assert THING.width == len(THING.arguments([])) == 5


def test_two_rows_differ_in_columns_that_are_named() -> None:
    (one,) = things("a", offset=1)
    (moved,) = things("b", offset=2)
    assert THING.differing(one, one) == set()
    assert THING.differing(one, moved) == {"number", "offset", "shouted"}
    assert list(THING.only("offset", "number")) == ["offset", "number"]


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(KeyError):
        THING.only("nobody")
    with pytest.raises(KeyError):
        THING.without("nobody")


def test_an_array_column_is_refused_because_a_batch_would_unfold_it() -> None:
    with pytest.raises(ValueError, match="array"):
        Columns({"sectors": "text[]"})
