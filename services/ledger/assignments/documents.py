"""What HTTP says of assignments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from msgspec import Meta

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.ledger.assignments.model import Assignment, AssignmentEntry
from services.ledger.assignments.tables import Position


class AssignmentDocument(Assignment, Document, frozen=True, kw_only=True):
    """One 交办事项 with its whole history."""

    days_overdue: Annotated[int, Meta(description="答复逾期天数；已答复或未到期为 0")]
    history: list[AssignmentEntry]

    @classmethod
    def of(cls, assignment: Assignment, history: Sequence[AssignmentEntry], today: date) -> Self:
        """Return an assignment as HTTP shows it on the city's day `today`."""
        values = {name: getattr(assignment, name) for name in Assignment.__struct_fields__}
        return cls(**values, days_overdue=assignment.days_late(today), history=list(history))


class ByAnswerDay(Cursor, frozen=True, tag="assignments"):
    """Where a page of assignments ends. The day on which an answer is due never changes."""

    due_on: date
    assignment_id: str

    @classmethod
    def of(cls, assignment: Assignment) -> Self:
        """Return the cursor behind an assignment."""
        return cls(due_on=assignment.due_on, assignment_id=assignment.assignment_id)

    @property
    def position(self) -> Position:
        """The position as the table takes it."""
        return self.due_on, self.assignment_id
