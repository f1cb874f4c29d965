"""One unit of work: versions, neighbours, reactions, and one command or many with the same outcome."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.cloudevents import CloudEvent, from_kafka
from duban_contracts.events.claims import HazardRectified
from services.chassis.publishing.outbox import unpack_headers
from services.chassis.publishing.unit_of_work import Change, Reactions, Stream, UnitOfWork, carry_out
from services.chassis.storage.database import Connection, Database, connect
from services.chassis.storage.schema import CHASSIS_MIGRATIONS, migrate

AT = datetime(2026, 11, 20, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Ledger:
    """The aggregate of these tests: what was said under one reference, in order."""

    reference: str
    said: tuple[str, ...] = ()


def said(reference: str, what: str) -> HazardRectified:
    return HazardRectified(
        county="140502", reference=reference, measures=what, completed_on=date(2026, 11, 1), submitted_by="a1"
    )


def evolve(before: Ledger | None, data: HazardRectified) -> Ledger:
    return Ledger(data.reference, (*(before.said if before else ()), data.measures))


async def save(connection: Connection, changes: Sequence[Change[Ledger]]) -> None:
    for change in changes:
        await connection.execute("INSERT INTO said VALUES ($1, $2)", change.after.reference, change.after.said[-1])


STREAM: Stream[Ledger] = Stream(
    source="/test",
    topic="out",
    key_of=lambda data: data.reference,
    evolve=evolve,
    version_of=lambda ledger: len(ledger.said),
    save=save,
)


def unit(reactions: Reactions | None = None, **loaded: Ledger) -> UnitOfWork[Ledger]:
    return UnitOfWork(STREAM, AT, loaded, reactions or Reactions())


def test_versions_go_on_from_what_is_loaded_and_begin_at_one() -> None:
    work = unit(K1=Ledger("K1", ("a", "b")))
    for reference in ("K1", "K2", "K1"):
        work.record(said(reference, "c"), time=AT)
    assert [(c.event.subject, c.event.aggregateversion) for c in work.changes] == [("K1", 3), ("K2", 1), ("K1", 4)]
    assert work.changes[1].before is None
    assert work.get("K1") == Ledger("K1", ("a", "b", "c", "c"))
    assert work.get("nobody") is None


async def test_whoever_is_to_hear_of_an_event_gets_it_on_a_topic_of_theirs(pool: Database) -> None:
    def copy(ledger: Ledger, data: HazardRectified, event: CloudEvent) -> tuple[str, CloudEvent] | None:
        return None if data.measures == "secret" else (f"{ledger.reference}.told", event)

    work = UnitOfWork(replace(STREAM, copy=copy), AT)
    for what in ("a", "secret", "b"):
        work.record(said("K1", what), time=AT)
    async with pool.transaction() as connection:
        await work.write(connection)
        rows = await connection.fetch("SELECT topic, value, headers FROM outbox ORDER BY id")
    told = [from_kafka(None, r["value"], unpack_headers(r["headers"])).id for r in rows if r["topic"] == "K1.told"]
    assert told == [work.changes[0].event.id, work.changes[2].event.id]
    assert [row["topic"] for row in rows].count("out") == 3


def test_cause_and_correlation_lead_from_event_to_event() -> None:
    work = unit()
    cause = CloudEvent(id="cause", source="/x", type="t", data=b"{}", correlationid="whole")
    work.record(said("K1", "a"), time=AT, cause=cause, event_id="fixed")
    event = work.changes[0].event
    assert (event.id, event.causationid, event.correlationid) == ("fixed", "cause", "whole")


words = st.lists(st.tuples(st.sampled_from(["K1", "K2", "K3"]), st.text("ab", max_size=3)), max_size=12)


@given(words)
def test_many_in_one_unit_leave_what_each_in_its_own_would(commands: list[tuple[str, str]]) -> None:
    together = unit()
    for reference, what in commands:
        together.record(said(reference, what), time=AT)
    states: dict[str, Ledger] = {}
    events = []
    for reference, what in commands:
        alone = unit(None, **states)
        states[reference] = alone.record(said(reference, what), time=AT)
        events += [(c.event.subject, c.event.aggregateversion, c.event.data) for c in alone.changes]
    assert {reference: together.get(reference) for reference in states} == states
    assert [(c.event.subject, c.event.aggregateversion, c.event.data) for c in together.changes] == events


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Database]:
    await migrate(database, CHASSIS_MIGRATIONS / "none")
    pool = await connect(database, application_name="test")
    async with pool.acquire() as connection:
        await connection.execute("CREATE TABLE said (reference text, what text)")
    yield pool
    await pool.close()


async def rows(pool: Database) -> list[tuple[str, str]]:
    async with pool.acquire() as connection:
        return [tuple(row) for row in await connection.fetch("SELECT reference, what FROM said ORDER BY 1, 2")]


async def sent(pool: Database) -> list[str]:
    async with pool.acquire() as connection:
        found: list[asyncpg.Record] = await connection.fetch("SELECT * FROM outbox ORDER BY id")
    return [from_kafka(r["key"], r["value"], unpack_headers(r["headers"])).subject or "" for r in found]


async def test_rows_and_events_are_written_together_reactions_included(pool: Database) -> None:
    reactions = Reactions()

    async def go_on(connection: Connection, work: UnitOfWork[Ledger], changes: Sequence[Change[Ledger]]) -> None:
        assert connection.is_in_transaction()
        for change in changes:
            if change.after.said[-1] == "first":
                work.record(said(change.after.reference, "then"), time=AT, cause=change.event)

    reactions.add({HazardRectified: go_on})
    async with pool.transaction() as connection:
        work = unit(reactions)
        work.record(said("K1", "first"), time=AT)
        work.record(said("K2", "other"), time=AT)
        await work.write(connection)
    assert await rows(pool) == [("K1", "first"), ("K1", "then"), ("K2", "other")]
    assert await sent(pool) == ["K1", "K2", "K1"]


async def test_a_refusal_among_many_commands_touches_nothing(pool: Database) -> None:
    @asynccontextmanager
    async def work(connection: Connection, commands: Sequence[str]) -> AsyncIterator[UnitOfWork[Ledger]]:
        assert commands == ["a", "refuse me", "b"]
        opened = unit()
        yield opened
        await opened.write(connection)

    def handle(opened: UnitOfWork[Ledger], command: str) -> str | Ledger:
        return "refused" if command == "refuse me" else opened.record(said("K1", command), time=AT)

    def look_again(opened: UnitOfWork[Ledger], one: str | Ledger) -> str | Ledger:
        return one if isinstance(one, str) else opened.get(one.reference) or one

    commands = ["a", "refuse me", "b"]
    async with pool.transaction() as connection:
        answers = await carry_out(connection, commands, work=work, handle=handle, answer=look_again)
    last = Ledger("K1", ("a", "b"))
    assert answers == [last, "refused", last]
    assert await rows(pool) == [("K1", "a"), ("K1", "b")]
    assert await sent(pool) == ["K1", "K1"]
