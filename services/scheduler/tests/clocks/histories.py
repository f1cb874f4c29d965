"""Histories of a hazard that the ledger's state machine allows, for property tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from duban_contracts.events.types import Grade
from duban_contracts.testing.calendar import ZONE, local
from duban_contracts.testing.stories import Story, registered
from services.scheduler.tests.builders import clock_of

MINUTES = st.integers(min_value=1, max_value=4 * 24 * 60)

Told = tuple[str, Story]
Move = Callable[[Story, datetime, date, st.DrawFn], Told]


def _submit(story: Story, at: datetime, _: date, draw: st.DrawFn) -> Told:
    """Handed in up to a minute before the ledger learnt of it."""
    return "review", story.submitted(at - timedelta(seconds=draw(st.integers(0, 59))), learnt_at=at)


def _note(story: Story, at: datetime, _: date, __: st.DrawFn) -> Told:
    """The ledger takes note of 督办逾期 once the deadline has passed."""
    deadline = clock_of(story).deadline
    return "open", story.overdue(at, deadline.deadline_on) if at >= deadline.due_at else story


# State -> moves, each of which gives the next state and the longer story.
_MOVES: dict[str, list[Move]] = {
    "open": [
        _submit,
        _note,
        lambda story, at, _, __: ("open", story.planned(at)),
        lambda story, at, day, __: ("open", story.extended(at, day)),
        lambda story, at, day, __: ("open", story.deadline_corrected(at, day)),
        lambda story, at, _, draw: ("open", story.regraded(at, draw(st.sampled_from(Grade)))),
        lambda story, at, _, __: ("rejected", story.rejected(at)),
    ],
    "review": [
        lambda story, at, _, __: ("open", story.returned(at)),
        lambda story, at, _, __: ("closed", story.closed(at)),
        lambda story, at, day, __: ("review", story.extended(at, day)),
        lambda story, at, day, __: ("review", story.deadline_corrected(at, day)),
        lambda story, at, _, __: ("review", story.corrected(at)),
    ],
    "closed": [lambda story, at, day, __: ("open", story.reopened(at, day))],
    "rejected": [lambda story, _, __, ___: ("rejected", story)],
}


@st.composite
def histories(draw: st.DrawFn) -> Story:
    """Return any history that the ledger allows, with instants that move forward."""
    at = local(1, 9)
    story = registered().confirmed(at, ZONE.day_of(at + timedelta(days=draw(st.integers(1, 20)))))
    state = "open"
    for _ in range(draw(st.integers(0, 12))):
        at += timedelta(minutes=draw(MINUTES))
        later = ZONE.day_of(at + timedelta(days=draw(st.integers(0, 20))))
        state, story = draw(st.sampled_from(_MOVES[state]))(story, at, later, draw)
    return story
