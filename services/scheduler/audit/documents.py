"""What the audit says over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from services.chassis.web.documents import Document
from services.scheduler.audit.model import Audit, ClockDiscrepancy, Reason


class ClockFinding(Document, frozen=True, kw_only=True):
    """Something that is not as it should be."""

    hazard_id: Annotated[str, Meta(description="the hazard's id, or the accident's that something is owed after")]
    number: str
    county: str
    deadline_number: int
    due_at: Annotated[datetime | None, Meta(description="null for a hazard that has no clock here")]
    reason: Reason

    @classmethod
    def of(cls, finding: ClockDiscrepancy) -> Self:
        """Return a finding as HTTP shows it."""
        return msgspec.convert(finding, cls, from_attributes=True)


class AuditDocument(Document, frozen=True, kw_only=True):
    """The self-audit: sound means that no deadline lacks its event, no clock contradicts its alarms, none is missing."""

    sound: bool
    as_of: datetime
    ledger_applied_through: datetime | None
    missed_total: int
    missed: list[ClockFinding]
    excused_total: Annotated[
        int, Meta(description="passed deadlines without alarm: extended or closed before it was raised")
    ]
    compared_at: datetime | None
    clocks_compared: int
    inconsistent: list[ClockFinding]
    unreckoned: Annotated[
        list[ClockFinding], Meta(description="hazards without a clock, or whose clock lacks an event")
    ]

    @classmethod
    def of(cls, audit: Audit) -> Self:
        """Return an audit as HTTP shows it."""
        comparison = audit.comparison
        return cls(
            sound=audit.sound,
            as_of=audit.as_of,
            ledger_applied_through=audit.ledger_applied_through,
            missed_total=audit.missed_total,
            missed=[ClockFinding.of(finding) for finding in audit.missed],
            excused_total=audit.excused_total,
            compared_at=comparison.finished_at if comparison else None,
            clocks_compared=comparison.clocks_checked if comparison else 0,
            inconsistent=[ClockFinding.of(finding) for finding in comparison.findings] if comparison else [],
            unreckoned=[ClockFinding.of(finding) for finding in audit.unreckoned],
        )
