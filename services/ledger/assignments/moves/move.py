"""What a move of an assignment is, and the two rules on whose hand it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from duban_contracts.refusals import Refusal, refusal
from duban_contracts.vocabulary import UNITS
from services.chassis.access.belonging import is_of, is_same_place
from services.chassis.access.roles import CITY_OFFICES, OFFICES, Role, holds
from services.ledger.assignments.model import NAMES, Assignment, AssignmentEntry, AssignmentState
from services.ledger.hazards.model.hand import Hand

C = TypeVar("C", bound=msgspec.Struct)


class Made(msgspec.Struct, frozen=True):
    """What a move made: the assignment after it, and the step of its history."""

    assignment: Assignment
    entry: AssignmentEntry


@dataclass(frozen=True, kw_only=True)
class Move(Generic[C]):
    """One move: its name (the HTTP verb), its Chinese words, who may make it, and where it leads.

    `hand` refuses an account that is not the right one; what is made `by_another` is not made by the account that answered.
    `text` gives the words that the history keeps.
    """

    name: str
    zh: str
    summary: str
    command: type[C]
    roles: frozenset[Role]
    leads: tuple[AssignmentState, AssignmentState]
    hand: Callable[[Assignment, Hand], Refusal | None]
    text: Callable[[C], str]
    refusals: tuple[str, ...]
    by_another: bool = False

    def make(
        self, assignment: Assignment, command: C, by: Hand, history: Sequence[AssignmentEntry] = ()
    ) -> Made | Refusal:
        """Return what the move makes of an assignment, or why it is refused: the hand comes first, then the state."""
        if refused := self.hand(assignment, by):
            return refused
        before, after = self.leads
        if assignment.state is not before:
            return refusal("assignment-state-conflict", state=NAMES[assignment.state], move=self.zh)
        # What was answered is not settled: its answer is the last step.
        if self.by_another and history and history[-1].account == by.actor.account:
            return refusal("own-answer")
        changed = msgspec.structs.replace(
            assignment,
            state=after,
            version=assignment.version + 1,
            late=assignment.late or self._is_late(assignment, by),
        )
        return Made(changed, entry(changed, self.name, self.text(command), by))

    def _is_late(self, assignment: Assignment, by: Hand) -> bool:
        # What was answered in time and came back is not late for that: whoever sends it back names no new day.
        answers_first = self.leads[1] is AssignmentState.ANSWERED and assignment.version == 1
        return answers_first and by.today > assignment.due_on


def entry(assignment: Assignment, move: str, text: str, by: Hand) -> AssignmentEntry:
    """Return the newest step of an assignment's history."""
    return AssignmentEntry(
        version=assignment.version, move=move, at=by.at, account=by.actor.account, unit=by.actor.unit, text=text
    )


def answers_for_it(assignment: Assignment, by: Hand) -> Refusal | None:
    """Refuse an account that is not of the unit that was given the matter; a county's office may answer for its county."""
    same_place = is_same_place(by.county, assignment.county)
    if same_place and (
        is_of(by.actor.unit, assignment.unit) or (holds(by.actor, OFFICES) and assignment.county is not None)
    ):
        return None
    return refusal("assignment-of-another", unit=_name(assignment.unit))


def gave_it(assignment: Assignment, by: Hand) -> Refusal | None:
    """Refuse an account that is not of the office that gave the matter: the city's, or that of a county."""
    mine = (
        holds(by.actor, CITY_OFFICES)
        if assignment.given_by_county is None
        else is_of(by.county, assignment.given_by_county)
    )
    return None if mine else refusal("assigned-by-another", unit=_name(assignment.given_by))


def _name(unit: str) -> str:
    found = UNITS.get(unit)
    return found.name if found else unit
