"""A hazard that was merged into another is counted there: in no stock and no rate, until it is taken out again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.testing.stories import Story
from services.statistics.books.model.record import ARRIVALS, DEPARTURES
from services.statistics.recompute.model import books_of, rates_of
from services.statistics.tests.stories import booked, found, history_of, hour, open_since

pytestmark = [pytest.mark.promise("P5"), pytest.mark.feature("SY26")]


def flows(story: Story) -> list[str]:
    return [flow.measure.value for step in booked(story).steps for flow in step.flows]


def test_a_merged_hazard_leaves_the_stock_and_one_taken_out_comes_back() -> None:
    merged = open_since(1).merged(hour(2))
    assert flows(merged) == ["registered", "confirmed", "merged"]
    assert flows(merged.unmerged(hour(3))) == ["registered", "confirmed", "merged", "unmerged"]
    assert [step.open for step in booked(merged.unmerged(hour(3))).steps] == [False, True, False, True]


def test_a_report_that_was_not_confirmed_was_in_no_stock() -> None:
    assert flows(found().merged(hour(2)).unmerged(hour(3))) == ["registered"]
    assert flows(found().merged(hour(2)).unmerged(hour(3)).confirmed(hour(4), booked(open_since(1)).steps[-1].day)) == [
        "registered",
        "confirmed",
    ]


def test_what_was_said_of_it_before_holds_again_after_it() -> None:
    story = open_since(1).submitted(hour(2)).returned(hour(3)).submitted(hour(4)).returned(hour(5))
    before, merged, after = booked(story.merged(hour(6)).unmerged(hour(7))).steps[-3:]
    assert (merged.confirmed_at, merged.confirmed_on, merged.rectified_on) == (None, None, None)
    assert (after.confirmed_at, after.confirmed_on, after.rectified_on) == (
        before.confirmed_at,
        before.confirmed_on,
        before.rectified_on,
    )


def test_a_merged_hazard_is_found_once_and_is_in_no_rate() -> None:
    closed = open_since(1, "a").submitted(hour(2)).closed(hour(3))
    rates = rates_of(books_of(history_of([closed, open_since(1, "b").merged(hour(2))])))
    assert rates["140502", "general"]["rectification_rate"] == (1, 1)
    rates = rates_of(books_of(history_of([closed, open_since(1, "b").merged(hour(2)).unmerged(hour(4))])))
    assert rates["140502", "general"]["rectification_rate"] == (1, 2)


def test_a_deadline_that_passed_before_the_merging_and_is_noted_behind_it_counts_once_and_is_late_when_taken_out() -> (
    None
):
    merged = open_since(1).merged(hour(900)).overdue(hour(901))
    assert flows(merged) == ["registered", "confirmed", "merged", "overdue"]
    assert booked(merged).steps[-1].overdue is False
    alone = merged.unmerged(hour(902))
    newest, standing = booked(alone).steps[-1], books_of(history_of([alone])).hazards["h"]
    assert (newest.overdue, newest.passed, newest.due_on) == (True, True, standing.clock.last_day)
    assert (standing.trail[-1][2], standing.clock.passed) == (True, True)


# State -> what may follow: the next state, and how that is told.
_NEXT: dict[str, list[tuple[str, Callable[[Story, datetime], Story]]]] = {
    "reported": [
        ("open", lambda story, at: story.confirmed(at, (at + timedelta(days=9)).date())),
        ("was reported", lambda story, at: story.merged(at)),
    ],
    "was reported": [("reported", lambda story, at: story.unmerged(at))],
    "open": [
        ("review", lambda story, at: story.submitted(at)),
        ("was open", lambda story, at: story.merged(at)),
    ],
    "was open": [("open", lambda story, at: story.unmerged(at))],
    "review": [
        ("open", lambda story, at: story.returned(at)),
        ("closed", lambda story, at: story.closed(at)),
    ],
    "closed": [("open", lambda story, at: story.reopened(at, (at + timedelta(days=9)).date()))],
}


@st.composite
def lives(draw: st.DrawFn) -> Story:
    """A hazard that is confirmed, worked on, closed, reopened, merged and taken out, in any order that the ledger knows."""
    at, story, state = 1.0, found(), "reported"
    for _ in range(draw(st.integers(0, 14))):
        at += draw(st.integers(1, 40))
        state, tell = draw(st.sampled_from(_NEXT[state]))
        story = tell(story, hour(at))
    return story


@given(lives())
def test_flows_stock_and_a_second_reckoning_agree_whatever_was_merged(story: Story) -> None:
    record, again = booked(story), books_of(history_of([story]))
    ours = [(step.day, flow.measure.value) for step in record.steps for flow in step.flows]
    theirs = [(day, measure) for (day, _, measure), times in again.flows.items() for _ in range(times)]
    assert sorted(ours) == sorted(theirs)
    stock = sum((flow.measure in ARRIVALS) - (flow.measure in DEPARTURES) for s in record.steps for flow in s.flows)
    newest, standing = record.steps[-1], again.hazards["h"]
    assert stock == newest.open == standing.is_open
    assert (newest.confirmed_at, newest.rectified_on, newest.closed_at) == (
        standing.confirmed,
        standing.rectified_day,
        standing.closed,
    )
