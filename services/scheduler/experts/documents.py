"""What HTTP says of experts; a name is shown to whoever has the right to names, and null to others."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from msgspec import Meta

from duban_contracts.events.types import Uscc
from duban_contracts.refusals import Refusal
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.scheduler.experts.model import Expert, ExpertId
from services.scheduler.experts.tables import Assignment


class RetireExpert(Document, frozen=True, kw_only=True):
    """The last day on which an expert is in the pool."""

    valid_until: date


class AssignExpert(Document, frozen=True, kw_only=True):
    """Who goes along; `enterprise` is the inspected one, where the task names none itself."""

    expert_id: ExpertId
    enterprise: Uscc | None = None


class ExpertDocument(Document, frozen=True, kw_only=True):
    """An entry of the pool."""

    expert_id: str
    name: Annotated[str | None, Meta(description="null without the right to names")]
    sectors: list[str]
    employer: str | None
    valid_from: date
    valid_until: date | None

    @classmethod
    def of(cls, expert: Expert, *, named: bool) -> Self:
        """Return an entry as HTTP shows it, with the name or without."""
        return cls(
            expert_id=expert.expert_id,
            name=expert.name if named else None,
            sectors=list(expert.sectors),
            employer=expert.employer,
            valid_from=expert.valid_from,
            valid_until=expert.valid_until,
        )


class Candidate(Document, frozen=True, kw_only=True):
    """An expert before a task: eligible, or the code and the sentence of why not; `assigned` says who goes along."""

    expert: ExpertDocument
    eligible: bool
    assigned: bool
    reason: str | None
    reason_zh: str | None

    @classmethod
    def of(cls, shown: ExpertDocument, against: Refusal | None, *, assigned: bool) -> Self:
        """Return an expert as he stands before a task."""
        return cls(
            expert=shown,
            eligible=against is None,
            assigned=assigned,
            reason=against.code if against else None,
            reason_zh=against.message if against else None,
        )


class AssignmentDocument(Assignment, Document, frozen=True, kw_only=True):
    """An expert who goes along on a task."""

    @classmethod
    def of(cls, assignment: Assignment) -> Self:
        """Return an assignment as HTTP shows it."""
        return cls(**{name: getattr(assignment, name) for name in cls.__struct_fields__})


class ByExpertId(Cursor, frozen=True, kw_only=True, tag="experts"):
    """Where a page of experts ends."""

    expert_id: str

    @classmethod
    def of(cls, expert: Expert) -> Self:
        """Return the cursor behind an expert."""
        return cls(expert_id=expert.expert_id)
