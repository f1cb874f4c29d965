"""Every list, search and count of every service on a large database: by which plan, and how much of it that touches.

Nothing here asserts a time. A list that the catalogue (`million.reads`) doesn't have, or one of its filters, fails, and one
whose table is empty: any plan is cheap there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import pytest

from duban_contracts.codec import lookup
from services.chassis.unconnected import app_without_servers, service_names
from services.ledger.history.model import GENESIS, link
from tests.load.million import cost, page
from tests.load.million.explained import Large, Statement, large
from tests.load.million.fill import Size, fill
from tests.load.million.known import known
from tests.load.million.reads import EMPTY, READS, UNREAD, Read

# So many tell a plan that reads everything from one that doesn't, and are made in seconds.
SIZE: Final = Size(hazards=30_000, now=datetime(2026, 6, 1, 4, tzinfo=UTC))
# A table of less than a megabyte is read as a whole, and rightly so.
SMALL_PAGES: Final = 128
_PAGING: Final = {"after", "limit", "format"}
# Analysed as the last of its being filled: what has no tuples has no rows.
_SIZES: Final = """SELECT relname, relpages, reltuples <= 0 AS empty FROM pg_class
                    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""


@dataclass(frozen=True)
class Tables:
    """The tables of a filled database: how many pages of 8 KiB each has, and which have no rows."""

    pages: Mapping[str, int]
    empty: Collection[str]


@asynccontextmanager
async def filled(service: str, dsn: str) -> AsyncIterator[tuple[Large, Tables]]:
    """Give a service on a database of that size, and what its tables have."""
    await fill(service, dsn, SIZE)
    connection = await asyncpg.connect(dsn)
    try:
        found = await known(service, connection)
        rows = await connection.fetch(_SIZES)
    finally:
        await connection.close()
    async with large(service, dsn, SIZE.now, found) as service_on_it:
        yield (
            service_on_it,
            Tables(
                {row["relname"]: row["relpages"] for row in rows},
                {row["relname"] for row in rows if row["empty"]} - EMPTY.keys(),
            ),
        )


def faults(read: Read, statements: Sequence[Statement], tables: Tables) -> list[str]:
    """Return what is wrong with the plans of a read, a line each."""
    asked = {table for statement in statements for table in statement.asks()}
    found = [f"{read.name}: {table} has no rows; give it some in sql/" for table in sorted(asked & set(tables.empty))]
    found += [
        f"{read.name}: reads all of {table}"
        for statement in statements
        for table in statement.walked()
        if tables.pages.get(table, 0) > SMALL_PAGES
    ]
    blocks = sum(statement.blocks for statement in statements)
    return found + ([f"{read.name}: touches {blocks} pages, not {read.blocks}"] if blocks > read.blocks else [])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("service", sorted(READS))
async def test_every_list_is_answered_from_an_index_and_touches_little(
    service: str, make_database: Callable[[], str]
) -> None:
    wrong: list[str] = []
    async with filled(service, make_database()) as (service_on_it, tables):
        for read in READS[service]:
            answer, statements = await service_on_it.ask(read)
            if answer.status_code != 200:
                wrong.append(f"{read.name}: {answer.text}")
            wrong += faults(read, statements, tables)
        if service == "ledger":
            await what_was_made_is_what_the_ledger_would_have_made(service_on_it)
    assert not wrong, "\n".join(wrong)


def test_a_list_is_wrong_whose_table_has_no_rows_or_is_read_as_a_whole() -> None:
    read = Read(route="/v1/drills")
    plan = {"Node Type": "Limit", "Plans": [{"Node Type": "Seq Scan", "Relation Name": "drill"}]}
    statement = Statement("SELECT", (), plan)
    assert faults(read, [statement], Tables({"drill": 0}, {"drill"})) == [
        "/v1/drills as city: drill has no rows; give it some in sql/"
    ]
    assert faults(read, [statement], Tables({"drill": SMALL_PAGES + 1}, set())) == [
        "/v1/drills as city: reads all of drill"
    ]
    assert faults(read, [statement], Tables({"drill": SMALL_PAGES}, {"tip"})) == []


async def what_was_made_is_what_the_ledger_would_have_made(ledger: Large) -> None:
    """Read one hazard's history as an auditor would: sealed, and of an event that the contract knows."""
    path = "/v1/hazards/{name}/history"
    read = Read(route=path, path="/v1/hazards/{reported}/history")
    answer, _ = await ledger.ask(read)
    (item,) = answer.json()["items"]
    async with ledger.database.acquire() as connection:
        row = await connection.fetchrow(
            """SELECT hazard.head, hazard_history.* FROM hazard JOIN hazard_history USING (hazard_id) WHERE number = $1""",
            ledger.known["reported"],
        )
    assert row is not None
    fields = {name: row[name] for name in ("version", "time", "cause_id", "payload")}
    sealed = link(
        GENESIS, hazard_id=str(row["hazard_id"]), event_id=str(row["event_id"]), event_type=row["type"], **fields
    )
    assert sealed == row["digest"] == row["head"] == bytes.fromhex(item["digest"])
    event: Any = lookup(row["type"]).decoder.decode(row["payload"])
    assert event.hazard.number == ledger.known["reported"]


def lists_of(service: str) -> dict[str, set[str]]:
    """Return the GET routes of a service that answer with more than one thing, by path: what they can be asked."""
    document = app_without_servers(service).openapi()
    found = {}
    for path, operations in document["paths"].items():
        reads = operations.get("get")
        if reads and path.startswith("/v1/") and _holds_a_list(document, reads):
            asked = {each["name"] for each in reads.get("parameters", []) if each["in"] == "query"}
            found[path] = asked - _PAGING
    return found


def _holds_a_list(document: dict[str, Any], reads: dict[str, Any]) -> bool:
    """Say whether an answer is a page, or counts something."""
    if {"after", "group_by"} & {each["name"] for each in reads.get("parameters", [])}:
        return True
    content = reads["responses"]["200"].get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    fields = document["components"]["schemas"].get(name, {}).get("properties", {})
    return any("array" in str(field.get("type")) for field in fields.values()) and "items" in fields


@pytest.mark.parametrize("service", service_names())
def test_a_list_or_a_filter_of_one_that_the_catalogue_does_not_have_is_told(service: str) -> None:
    asked: dict[str, set[str]] = {}
    for read in READS.get(service, ()):
        asked.setdefault(read.route, set()).update(read.asked)
    lists = lists_of(service)
    known_paths = set(asked) | set(UNREAD)
    assert lists.keys() - known_paths == set(), "a list without a plan"
    missing = {path: names - asked[path] for path, names in lists.items() if path in asked}
    assert {path: names for path, names in missing.items() if names} == {}, "a filter without a plan"
    assert {path for path in asked if path not in app_without_servers(service).openapi()["paths"]} == set()


def test_the_page_shows_every_read_and_marks_those_above_their_aims() -> None:
    rows: list[dict[str, Any]] = [
        {"read": "/healthz", "kind": "floor", "http": {"p50": 1.0, "p95": 99.0}},
        {
            "read": "near",
            "kind": "list",
            "http": {"p50": 1.0, "p95": 20.0},
            "bare": {"p50": 1.0, "p95": 1.0},
            "blocks": 7,
        },
        {
            "read": "far",
            "kind": "count",
            "http": {"p50": 1.0, "p95": 50.1},
            "bare": {"p50": 1.0, "p95": 1.0},
            "blocks": 7,
        },
    ]
    assert [row["read"] for row in cost.missed(rows)] == ["far"]
    shown = page.render(
        {
            "measured_at": "2026-11-26T04:00:00+00:00",
            "command": "c",
            "hazards": 1_000_000,
            "times": 3,
            "took_seconds": 1,
            "machine": {"cores": 2, "processor": "p", "load_average_before": [0.1]},
            "load_average_after": [0.1],
            "servers": {"postgresql": {"server_version": "18"}},
            "versions": {"duban": "x"},
            "reads": {"ledger": rows},
        }
    )
    assert shown.startswith("# Reads at 1,000,000 hazards, 2026-11-26")
    assert "| counts | 1 | 50 | 1.0 | 1.0 | 1 | 1.0 |" in shown
    assert "| `far` | 1.0 | **50.1** | 1.0 | 1.0 | 7 |" in shown


def test_every_list_that_is_left_out_has_its_reason_and_exists() -> None:
    paths = {path for service in service_names() for path in app_without_servers(service).openapi()["paths"]}
    assert UNREAD.keys() <= paths
    assert all(UNREAD.values())
