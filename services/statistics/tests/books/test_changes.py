"""What a batch of changes comes to before it is written."""

from __future__ import annotations

from services.statistics.books.model.changes import Change, newest_of
from services.statistics.tests.stories import entries_of, fold_all, found, open_since


def test_of_several_changes_of_a_hazard_the_last_record_is_written_with_the_steps_of_all() -> None:
    entries = entries_of(open_since(1))
    first, second = fold_all(entries[:1])["h"], fold_all(entries)["h"]
    assert newest_of([Change(first, 1), Change(second, 2)]) == [Change(second, 1)]
    assert newest_of([Change(first, 2), Change(second, 1)]) == [Change(second, 1)]


def test_hazards_are_written_in_one_order_whatever_the_order_of_arrival() -> None:
    records = fold_all([*entries_of(found("b")), *entries_of(found("a"))])
    changes = [Change(records["b"], 1), Change(records["a"], 1)]
    assert [change.record.hazard_id for change in newest_of(changes)] == ["a", "b"]
    assert newest_of([]) == []
