"""What a record of the ledger's topic means for the books."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.types import Grade
from duban_contracts.refusals import Refusal
from duban_contracts.testing.stories import heartbeat
from services.statistics.books.model.cell import Cell
from services.statistics.books.model.record import Entry
from services.statistics.stream.events.reading import Heartbeat, Skipped, interpret, kind_of
from services.statistics.tests.stories import DEADLINE, START, entries_of, hour, open_since, raw


def _retold(event: CloudEvent, **changes: object) -> object:
    return interpret(raw(msgspec.structs.replace(event, **changes)))


def test_a_hazards_event_is_an_entry_with_the_facts_after_it() -> None:
    assert entries_of(open_since(1))[1] == Entry(
        hazard_id="h",
        version=2,
        kind="confirmed",
        occurred_at=hour(1),
        cell=Cell("140502", "hazchem", "general", "inspection"),
        state="confirmed",
        deadline_on=DEADLINE,
        overdue=False,
    )
    assert entries_of(open_since(1).overdue(hour(300)))[2].overdue


def test_a_type_of_a_later_contract_counts_as_a_version_and_may_move_the_hazard() -> None:
    known = open_since(1).regraded(hour(2), Grade.MAJOR).records()[-1]
    meaning = _retold(known, type="duban.hazard.archived.v1")
    assert isinstance(meaning, Entry)
    assert (meaning.kind, meaning.version, meaning.cell.grade) == ("archived", 3, "major")


def test_a_heartbeat_and_an_event_of_another_family_are_no_entries() -> None:
    beat = heartbeat(START + timedelta(seconds=5))
    assert interpret(raw(beat)) == Heartbeat(START + timedelta(seconds=5))
    behind = {"140502": START}
    assert interpret(raw(heartbeat(START, behind=behind))) == Heartbeat(START, behind)
    assert _retold(beat, type="duban.something.else.v1") == Skipped()
    claim = open_since(1).overdue_raised(hour(300))
    assert interpret(raw(_alarm(claim))) == Skipped()


def _alarm(data: object) -> CloudEvent:
    return CloudEvent(
        id="a", source="/duban/scheduler", type="duban.supervision.overdue.v1", data=msgspec.json.encode(data)
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"data": b"{"}, "invalid-payload"),
        ({"data": b"{}", "type": "duban.hazard.listed.v1"}, "invalid-payload"),
        ({"aggregateversion": None}, "no-version"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_code(changes: dict[str, object], code: str) -> None:
    meaning = _retold(open_since(1).records()[1], **changes)
    assert isinstance(meaning, Refusal)
    assert meaning.code == code


def test_a_record_that_is_no_event_is_refused() -> None:
    record = raw(open_since(1).records()[0])
    meaning = interpret(msgspec.structs.replace(record, headers=[]))
    assert isinstance(meaning, Refusal)
    assert meaning.code == "bad-envelope"


@pytest.mark.parametrize(
    ("event_type", "kind"), [("duban.hazard.confirmed.v1", "confirmed"), ("a.b", "a"), ("strange", "strange")]
)
def test_the_kind_is_the_types_bare_name(event_type: str, kind: str) -> None:
    assert kind_of(event_type) == kind
