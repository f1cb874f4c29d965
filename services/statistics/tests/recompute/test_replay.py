"""The second reckoning by itself."""

from __future__ import annotations

from datetime import date

import pytest

from duban_contracts.events.types import Grade
from services.statistics.recompute.model import BrokenHistory, books_of, percent, rates_of, seconds_open
from services.statistics.tests.stories import DEADLINE, found, history_of, hour, open_since

pytestmark = pytest.mark.promise("P5")
GENERAL = ("140502", "hazchem", "general", "inspection")
MAJOR = ("140502", "hazchem", "major", "inspection")
UNDETERMINED = ("140502", "hazchem", "undetermined", "inspection")
FIRST = date(2026, 11, 1)


def test_a_history_with_a_gap_recomputes_nothing() -> None:
    records = history_of([open_since(1).submitted(hour(2))])
    with pytest.raises(BrokenHistory, match="h: versions"):
        books_of([records[0], records[2]])
    with pytest.raises(BrokenHistory):
        books_of(records[1:])


def test_the_order_and_repetition_of_the_records_make_no_difference() -> None:
    records = history_of([open_since(1).submitted(hour(2)).closed(hour(3))])
    assert books_of([*reversed(records), *records]) == books_of(records)


def test_a_payload_may_be_text_or_already_decoded() -> None:
    import json  # noqa: PLC0415

    records = history_of([open_since(1)])
    decoded = [{**record, "data": json.loads(str(record["data"]))} for record in records]
    as_payload = [{**{k: v for k, v in r.items() if k != "data"}, "payload": r["data"]} for r in records]
    assert books_of(decoded) == books_of(records) == books_of(as_payload)


def test_every_move_is_counted_where_it_happened() -> None:
    story = open_since(1).regraded(hour(2), Grade.MAJOR).overdue(hour(3)).submitted(hour(4)).returned(hour(5))
    books = books_of(history_of([story.submitted(hour(6)).closed(hour(7)).reopened(hour(8), DEADLINE)]))
    assert dict(books.flows) == {
        (FIRST, UNDETERMINED, "registered"): 1,
        (FIRST, GENERAL, "confirmed"): 1,
        (FIRST, GENERAL, "transferred_out"): 1,
        (FIRST, MAJOR, "transferred_in"): 1,
        (FIRST, MAJOR, "overdue"): 1,
        (FIRST, MAJOR, "rectified"): 2,
        (FIRST, MAJOR, "returned"): 1,
        (FIRST, MAJOR, "closed"): 1,
        (FIRST, MAJOR, "reopened"): 1,
    }


def test_a_rejection_of_an_open_hazard_leaves_the_books_unclosed() -> None:
    books = books_of(history_of([open_since(1, "a").rejected(hour(2)), found("b").rejected(hour(1))]))
    assert books.flows[FIRST, GENERAL, "transferred_out"] == 1
    assert books.flows[FIRST, UNDETERMINED, "rejected"] == 1
    assert books.open_on(FIRST) == {}


def test_stock_and_overdue_on_a_day_are_those_of_its_end() -> None:
    late = open_since(1, "a").overdue(hour(40))
    closed = open_since(1, "b").submitted(hour(20)).closed(hour(40))
    books = books_of(history_of([late, closed, found("c")]))
    assert books.days == (FIRST, date(2026, 11, 3))
    assert books.open_on(FIRST) == {GENERAL: (2, 0)}
    assert books.open_on(date(2026, 11, 3)) == {GENERAL: (1, 1)}
    assert books.open_on(date(2026, 10, 31)) == {}


def test_a_day_begins_at_midnight_in_china_and_never_goes_back() -> None:
    books = books_of(history_of([found("a", 14.99), found("b", 15.0).confirmed(hour(14.9), DEADLINE)]))
    assert [day.day for day, _, measure in books.flows if measure == "registered"] == [1, 2]
    assert [day.day for day, _, measure in books.flows if measure == "confirmed"] == [2]


def test_rates_stand_as_at_the_end_of_the_books() -> None:
    in_time = open_since(1, "a").submitted(hour(30)).closed(hour(40))
    late = open_since(1, "b").submitted(hour(232)).closed(hour(240))
    waiting = open_since(1, "c").submitted(hour(30))
    returned = open_since(1, "d").submitted(hour(30)).returned(hour(31))
    reopened = open_since(1, "e").submitted(hour(30)).closed(hour(40)).reopened(hour(50), date(2027, 1, 1))
    rates = rates_of(books_of(history_of([in_time, late, waiting, returned, reopened, found("f")])))
    assert rates == {
        ("140502", "general"): {
            "rectification_rate": (3, 5),
            "closure_rate": (2, 5),
            "on_time_rate": (1, 4),
            "on_time_submission_rate": (2, 4),
        }
    }


def test_a_deadline_counts_on_its_own_day_and_on_both_ends_of_the_books() -> None:
    on_the_day = found("a").confirmed(hour(1), date(2026, 11, 2)).submitted(hour(20)).closed(hour(30))
    first_day = found("b").confirmed(hour(1), FIRST)
    last_day = found("c").confirmed(hour(1), date(2026, 11, 4)).overdue(hour(80))
    books = books_of(history_of([on_the_day, first_day, last_day]))
    assert books.days == (FIRST, date(2026, 11, 4))
    assert rates_of(books)["140502", "general"]["on_time_rate"] == (1, 3)


def test_what_was_never_late_is_in_time_however_long_its_review_took() -> None:
    # Due on the 10th; handed in an hour before its end and closed the day after.
    story = open_since(1).submitted(hour(230)).closed(hour(240))
    rates = rates_of(books_of(history_of([story, found("b", 300)])))
    assert rates["140502", "general"]["on_time_rate"] == (1, 1)
    assert rates["140502", "general"]["on_time_submission_rate"] == (1, 1)


def test_the_first_confirmation_is_where_time_begins() -> None:
    story = open_since(1).confirmed(hour(20), DEADLINE).submitted(hour(22)).closed(hour(25))
    assert seconds_open(books_of(history_of([story]))) == [24 * 3600]
    assert seconds_open(books_of(history_of([open_since(1), found("b")]))) == []


@pytest.mark.parametrize(
    ("over", "under", "text"),
    [(444, 448, "99.1"), (1, 2, "50.0"), (1, 800, "0.1"), (0, 7, "0.0"), (5, 10_000, "0.1"), (0, 0, None)],
)
def test_a_percentage_rounds_half_up_to_one_decimal(over: int, under: int, text: str | None) -> None:
    assert percent(over, under) == text


def test_a_deadline_that_passed_counts_on_its_day_whatever_follows_and_a_wrong_one_never() -> None:
    story = open_since(1).overdue(hour(24 * 11))
    for moved, counted in (
        (story.extended(hour(24 * 13), date(2026, 12, 20)), (0, 1)),
        (story.deadline_corrected(hour(24 * 13), date(2026, 12, 20)), (0, 0)),
    ):
        books = books_of(history_of([moved]))
        assert books.days == (FIRST, date(2026, 11, 14))
        assert rates_of(books)["140502", "general"]["on_time_rate"] == counted
