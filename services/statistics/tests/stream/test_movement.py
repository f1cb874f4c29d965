"""Which offsets may come next, when a partition stands still, and which closings are new."""

from __future__ import annotations

import pytest

from services.statistics.books.model.changes import Change, Counted
from services.statistics.books.model.record import Measure
from services.statistics.stream.model import Closing, LostRecords, Movement, Positions, closings
from services.statistics.tests.stories import booked, hour, open_since


def test_offsets_come_without_a_gap_and_older_ones_may_come_again() -> None:
    positions = Positions[str]()
    assert "p" not in positions
    positions.begin("p", 5)
    assert "p" in positions
    for offset in (5, 6, 5, 7):
        positions.take("p", offset)
    with pytest.raises(LostRecords, match="p: 8 to 9 were not delivered"):
        positions.take("p", 10)
    with pytest.raises(LostRecords):
        positions.take("p", 9)


def test_an_old_offset_does_not_move_a_partition_back() -> None:
    positions = Positions[str]()
    positions.begin("p", 0)
    for offset in (0, 1, 2, 0):
        positions.take("p", offset)
    positions.take("p", 3)


def test_after_an_assignment_nothing_is_known_any_more() -> None:
    positions = Positions[str]()
    positions.begin("p", 5)
    positions.clear()
    assert "p" not in positions


def test_a_partition_with_records_left_and_nothing_committed_stands_still() -> None:
    movement = Movement[str](assigned_at=0)
    movement.note({"p": 10}, {"p": 3}, now=1)
    movement.note({"p": 12}, {"p": 3}, now=31)
    assert movement.still_for(now=41) == 40
    assert movement.committed == {"p": 3}


def test_a_commit_or_an_empty_backlog_is_movement() -> None:
    movement = Movement[str](assigned_at=0)
    movement.note({"p": 10, "q": 7}, {"p": 3, "q": 7}, now=1)
    movement.note({"p": 10, "q": 7}, {"p": 4, "q": 7}, now=31)
    assert movement.still_for(now=41) == 10


def test_a_partition_that_has_been_passed_by_retention_is_not_behind() -> None:
    movement = Movement[str](assigned_at=0)
    movement.note({"p": 3}, {"p": 4}, now=1)
    movement.note({"p": 3}, {"p": 4}, now=31)
    assert movement.still_for(now=31) == 0


def test_the_partition_in_the_longest_trouble_counts() -> None:
    movement = Movement[str](assigned_at=0)
    movement.note({"p": 10}, {"p": 3}, now=1)
    movement.note({"p": 10, "q": 10}, {"p": 3, "q": 3}, now=21)
    assert movement.still_for(now=31) == 30


def test_without_partitions_the_time_without_them_counts() -> None:
    movement = Movement[str](assigned_at=5)
    movement.note({}, {}, now=50)
    assert movement.still_for(now=60) == 55
    movement.note({"p": 1}, {"p": 1}, now=70)
    movement.note({}, {}, now=80)
    assert movement.still_for(now=90) == 20


def test_what_is_waited_for_excuses_everybody() -> None:
    movement = Movement[str](assigned_at=0)
    movement.note({"p": 10}, {"p": 3}, now=1)
    movement.excuse(now=100)
    assert movement.still_for(now=107) == 7
    movement.note({"p": 10}, {"p": 3}, now=110)
    assert movement.still_for(now=111) == 11
    nobody = Movement[str](assigned_at=0)
    nobody.excuse(now=100)
    assert nobody.still_for(now=101) == 1


RECORD = booked(open_since(1).submitted(hour(2)).closed(hour(25)))
CLOSED = Counted("h", 4, Measure.CLOSED, RECORD.steps[-1].cell)


def test_a_closing_says_how_long_the_hazard_was_open() -> None:
    assert closings([Change(RECORD, 1)], [CLOSED]) == [Closing("140502", "general", 24 * 3600)]
    assert closings([Change(RECORD, 4)], [CLOSED]) == [Closing("140502", "general", 24 * 3600)]


def test_a_count_that_is_no_closing_or_comes_from_elsewhere_is_none() -> None:
    confirmed = Counted("h", 2, Measure.CONFIRMED, RECORD.steps[-1].cell)
    other = Counted("i", 4, Measure.CLOSED, RECORD.steps[-1].cell)
    assert closings([Change(RECORD, 1)], [confirmed, other]) == []
    assert closings([Change(RECORD, 1)], []) == []
    assert closings([], [CLOSED]) == []


def test_clocks_that_disagree_make_no_negative_time() -> None:
    record = booked(open_since(3).submitted(hour(2)).closed(hour(1)))
    assert [closing.seconds for closing in closings([Change(record, 1)], [CLOSED])] == [0.0]
