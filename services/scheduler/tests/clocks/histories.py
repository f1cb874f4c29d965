"""Histories of a hazard that the ledger's state machine allows, for property tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from duban_contracts.deadlines.calendar import CityDays
from duban_contracts.events.types import Grade
from duban_contracts.testing.calendar import ZONE, local
from duban_contracts.testing.stories import Story, registered
from services.scheduler.tests.builders import WEEKENDS_ONLY, clock_of

MINUTES = st.integers(min_value=1, max_value=4 * 24 * 60)

Told = tuple[str, Story]


@dataclass(frozen=True)
class Turn:
    """When something happens, which later day it may name, and in which city."""

    at: datetime
    day: date
    days: CityDays
    draw: st.DrawFn


Move = Callable[[Story, Turn], Told]


def _submit(story: Story, turn: Turn) -> Told:
    """Handed in up to a minute before the ledger learnt of it."""
    return "review", story.submitted(turn.at - timedelta(seconds=turn.draw(st.integers(0, 59))), learnt_at=turn.at)


def _note(story: Story, turn: Turn) -> Told:
    """The ledger takes note of 督办逾期 once the deadline has passed."""
    deadline = clock_of(story, turn.days).deadline
    return "open", story.overdue(turn.at, deadline.deadline_on) if turn.at >= deadline.due_at else story


# State -> moves, each of which gives the next state and the longer story.
_MOVES: dict[str, list[Move]] = {
    "open": [
        _submit,
        _note,
        lambda story, turn: ("open", story.planned(turn.at)),
        lambda story, turn: ("open", story.extended(turn.at, turn.day)),
        lambda story, turn: ("open", story.deadline_corrected(turn.at, turn.day)),
        lambda story, turn: ("open", story.regraded(turn.at, turn.draw(st.sampled_from(Grade)))),
        lambda story, turn: ("rejected", story.rejected(turn.at)),
        lambda story, turn: ("merged", story.merged(turn.at)),
    ],
    "merged": [lambda story, turn: ("open", story.unmerged(turn.at))],
    "review": [
        lambda story, turn: ("open", story.returned(turn.at)),
        lambda story, turn: ("closed", story.closed(turn.at)),
        lambda story, turn: ("review", story.extended(turn.at, turn.day)),
        lambda story, turn: ("review", story.deadline_corrected(turn.at, turn.day)),
        lambda story, turn: ("review", story.corrected(turn.at)),
    ],
    "closed": [lambda story, turn: ("open", story.reopened(turn.at, turn.day))],
    "rejected": [lambda story, _: ("rejected", story)],
}


@st.composite
def histories(draw: st.DrawFn, days: CityDays = WEEKENDS_ONLY) -> Story:
    """Return any history that the ledger allows, with instants that move forward, in a city that counts `days`."""
    at = local(1, 9)
    story = registered().confirmed(at, ZONE.day_of(at + timedelta(days=draw(st.integers(1, 20)))))
    state = "open"
    for _ in range(draw(st.integers(0, 12))):
        at += timedelta(minutes=draw(MINUTES))
        later = ZONE.day_of(at + timedelta(days=draw(st.integers(0, 20))))
        state, story = draw(st.sampled_from(_MOVES[state]))(story, Turn(at, later, days, draw))
    return story
