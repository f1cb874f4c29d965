"""Whatever many people ask at once: one wins, the others hear why, and what is stored is what was said."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict

import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.accountability import HazardAccountabilityOpened
from duban_contracts.events.gathering import HazardSourceAdded, HazardSourceAnswered, HazardSourceRemoved
from duban_contracts.events.hazards import HazardClosed, HazardEvent, HazardListed, HazardReopened
from duban_contracts.events.stops import EnterpriseStopped
from duban_contracts.events.types import Channel, Enterprise
from duban_contracts.testing.claims import report
from duban_contracts.topics import TopicFamily
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.tables.hazard_rows import COLUMNS, hazard_of
from services.ledger.history.model import GENESIS, Record, link
from services.ledger.history.tables import records
from services.ledger.tests.hazards import all_kept
from services.ledger.tests.hazards.at_once import Crowd, Heard
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import FOREIGN, HOME, PEOPLE

# What follows from somebody's command, in that one's name.
FOLLOWS = HazardSourceAdded | HazardSourceRemoved | HazardSourceAnswered | HazardAccountabilityOpened
OURS = Enterprise(name="并行示例厂（虚构）", uscc=PEOPLE["worker"].enterprise)


async def some_hazards(ledger: InProcess) -> list[str]:
    """The numbers of four hazards of one county, reported while another county reports as many."""
    references = [ledger.new_reference() for _ in range(4)]
    channels = [*Channel, Channel.SELF_REPORT]
    await asyncio.gather(
        *(
            ledger.take(report(each, channel=channel, enterprise=OURS))
            for each, channel in zip(references, channels, strict=True)
        ),
        *(ledger.take(report(each, county=FOREIGN), county=FOREIGN) for each in references),
    )
    rows = await ledger.pool.fetch(
        "SELECT number FROM hazard WHERE county = $1 AND reference = ANY($2::text[])", HOME, references
    )
    return [row["number"] for row in rows]


async def serials(ledger: InProcess, county: str) -> list[int]:
    rows = await ledger.pool.fetch(
        "SELECT number FROM hazard WHERE county = $1 AND number LIKE $1 || '-2026-%'", county
    )
    return sorted(int(row["number"].rpartition("-")[2]) for row in rows)


@pytest.mark.promise("P2")
@pytest.mark.promise("P4")
@pytest.mark.parametrize("seed", range(4))
async def test_what_many_ask_at_once_ends_as_if_they_had_asked_in_turn(ledger: InProcess, seed: int) -> None:
    before = {county: await serials(ledger, county) for county in (HOME, FOREIGN)}
    crowd = Crowd(ledger, await some_hazards(ledger), seed)
    for county, known in before.items():
        new = (await serials(ledger, county))[len(known) :]
        assert new == list(range(max(known, default=0) + 1, max(known, default=0) + 5))
    for turn in range(14):
        rests = turn % 2 == 0
        was = {hazard.hazard_id: hazard for hazard in await crowd.look()}
        heard = await crowd.ask_at_once(7, rests=rests, others=turn % 3 == 2)
        one_wins(heard, was, {hazard.hazard_id: hazard for hazard in await crowd.look()}, rests=rests)
    histories = await stored_as_said(ledger, await crowd.look())
    answered_as_recorded(crowd.heard, histories)
    await books_of_slices_agree(ledger, histories)


def one_wins(heard: list[Heard], was: dict[str, Hazard], now: dict[str, Hazard], *, rests: bool) -> None:
    """Of those that rest on one version at most one wins; where somebody could have, somebody did."""
    by_hazard = defaultdict[str, list[Heard]](list)
    for each in heard:
        by_hazard[each.asked.hazard.hazard_id].append(each)
        assert each.won or each.is_clear(), each.answer.text
    for hazard_id, those in by_hazard.items():
        won = [each for each in those if each.won]
        assert not rests or len(won) <= 1, [each.answer.text for each in won]
        if any(each.asked.stands_alone for each in those):
            assert now[hazard_id].version > was[hazard_id].version, [each.answer.text for each in those]


async def stored_as_said(ledger: InProcess, hazards: list[Hazard]) -> dict[str, list[HazardEvent]]:
    """Each row is the fold of its history, the chain holds, and what goes out is the history, in its order."""
    outgoing = defaultdict[str, list[tuple[str, bytes]]](list)
    for event in await ledger.said(TopicFamily.HAZARD):
        outgoing[event.subject or ""].append((event.id, event.data))
    histories = {}
    for hazard in hazards:
        async with ledger.database.acquire() as connection:
            history = await records.of_subject(connection, hazard.hazard_id)
        assert [record.version for record in history] == list(range(1, hazard.version + 1))
        assert await head_of(ledger, hazard) == chained(history)
        assert outgoing[hazard.hazard_id] == [(record.event_id, record.payload) for record in history]
        events = [told_by(record) for record in history]
        assert all_kept.replayed(events) == hazard
        all_kept.look_backs_are_of_closures(events)
        histories[hazard.hazard_id] = events
    all_kept.every_report_is_counted_once(hazards)
    all_kept.the_books_balance(hazards, [event for events in histories.values() for event in events])
    return histories


async def head_of(ledger: InProcess, hazard: Hazard) -> bytes:
    row = await ledger.pool.fetchrow(f"SELECT head, {COLUMNS} FROM hazard WHERE hazard_id = $1", hazard.hazard_id)  # noqa: S608
    assert row is not None
    assert hazard_of(row) == hazard
    head: bytes = row["head"]
    return head


def chained(history: list[Record]) -> bytes:
    """The digest of the newest record, reckoned from the first one on."""
    digest = GENESIS
    for record in history:
        digest = link(
            digest,
            hazard_id=record.hazard_id,
            version=record.version,
            event_id=record.event_id,
            event_type=record.type,
            time=record.time,
            cause_id=record.cause_id,
            payload=record.payload,
        )
        assert record.digest == digest
    return digest


def told_by(record: Record) -> HazardEvent:
    event = decode(CloudEvent(id=record.event_id, source="/", type=record.type, data=record.payload))
    assert isinstance(event, HazardEvent)
    return event


def answered_as_recorded(heard: list[Heard], histories: dict[str, list[HazardEvent]]) -> None:
    """Whoever was told 200 finds that in the history under the own name; and nothing stands there that nobody asked for."""
    won = [each for each in heard if each.won]
    for each in won:
        # With what followed from it, such as claims that had waited: the own event is among the newest then.
        seen, shown = each.asked.hazard.version, each.answer.json()["version"]
        since = histories[each.asked.hazard.hazard_id][seen:shown]
        assert PEOPLE[each.asked.who].account in {event.actor.account for event in since}
    said = Counter(
        event.actor.account for events in histories.values() for event in events if not isinstance(event, FOLLOWS)
    )
    people = {principal.account for who, principal in PEOPLE.items() if who != "machine"}
    assert {account: number for account, number in said.items() if account in people} == Counter(
        PEOPLE[each.asked.who].account for each in won
    )
    assert len(won) > len(histories)


async def books_of_slices_agree(ledger: InProcess, histories: dict[str, list[HazardEvent]]) -> None:
    """What other slices keep of these hazards is what their histories say."""
    told = [event for events in histories.values() for event in events]
    for table, number in (
        ("accountability_case", sum(isinstance(event, HazardReopened) and event.false_rectification for event in told)),
        ("listing", sum(isinstance(event, HazardListed) for event in told)),
        ("stop_order", sum(isinstance(event, EnterpriseStopped) for event in told)),
    ):
        of_these = f"SELECT count(*) FROM {table} WHERE hazard_id = ANY($1::uuid[])"  # noqa: S608
        counted = await ledger.pool.fetchval(of_these, list(histories))
        assert counted == number, table
    planned = await ledger.pool.fetch(
        "SELECT hazard_id, closure FROM look_back WHERE hazard_id = ANY($1::uuid[])", list(histories)
    )
    for row in planned:
        closures = sum(isinstance(event, HazardClosed) for event in histories[str(row["hazard_id"])])
        assert row["closure"] <= closures
