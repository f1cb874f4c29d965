"""An assignment: where it stands, and its history."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import msgspec


class AssignmentState(enum.StrEnum):
    """Where an assignment stands: its answer is owed, is given and waits to be looked at, is found good, or is no longer asked for."""

    OPEN = "open"
    ANSWERED = "answered"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


NAMES: Final[Mapping[AssignmentState, str]] = {
    AssignmentState.OPEN: "待答复",
    AssignmentState.ANSWERED: "已答复",
    AssignmentState.SETTLED: "已办结",
    AssignmentState.WITHDRAWN: "已撤回",
}


class AssignmentEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an assignment's history: which move, when (UTC), by which account of which unit, in what words."""

    version: int
    move: str
    at: datetime
    account: str
    unit: str | None
    text: str


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A matter given to `unit` of `county` (None: the city's own) to see to and answer by the end of `due_on`.

    `given_by` is the unit whose office gave it, of `given_by_county` or, without one, of the city. `document` is the number of
    the 交办单. `hazard_number` is set where the matter is a hazard. `late` says that the first answer came after its day, and
    stays. `version` counts the steps of its history.
    """

    assignment_id: str
    document: str
    matter: str
    county: str | None
    unit: str
    sector: str | None
    hazard_id: str | None
    hazard_number: str | None
    given_by: str
    given_by_county: str | None
    due_on: date
    state: AssignmentState
    late: bool
    version: int

    def days_late(self, today: date) -> int:
        """Return for how many days the answer has been owed past its date; 0 while it isn't, or when it is given."""
        return max(0, (today - self.due_on).days) if self.state is AssignmentState.OPEN else 0
