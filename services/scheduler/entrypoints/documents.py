"""What the scheduler's HTTP API answers with."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from services.scheduler.adapters.audit import Finding
from services.scheduler.adapters.clocks import HazardClock
from services.scheduler.adapters.deadlines import DeadlineLine
from services.scheduler.application.audit_deadlines import Audit
from services.scheduler.domain.account import tell
from services.scheduler.domain.alarms import Alarm, AlarmState


class DeadlineDocument(BaseModel):
    """One deadline of a hazard, with what became of it."""

    number: int
    deadline_on: date
    set_by: str
    set_at: datetime
    due_at: datetime = Field(description="when it passes: the end of a day in Asia/Shanghai")
    budget_end: datetime = Field(description="when the time allowed is used up, to the microsecond")
    outcome: str
    settled_at: datetime | None
    noted_at: datetime | None = Field(description="when the ledger took note of 督办逾期")


class SegmentDocument(BaseModel):
    """A stretch of time in which the clock ran or stood still."""

    state: str
    deadline_number: int
    began_with: str
    started_at: datetime
    ended_at: datetime | None


class AlarmDocument(BaseModel):
    """An alarm of a hazard: a reminder (due_soon) or 督办逾期 (overdue)."""

    kind: str
    deadline_number: int
    days_before: int
    fires_at: datetime
    due_at: datetime
    state: str
    raised_at: datetime | None
    event_id: str | None


class ClockDocument(BaseModel):
    """The whole reckoning of a hazard's clock."""

    hazard_id: str
    number: str
    county: str
    sector: str
    grade: str | None
    version: int = Field(description="the ledger's version up to which this is reckoned")
    state: str
    as_of: datetime
    ledger_applied_through: datetime | None
    deadline_number: int
    deadline_on: date
    due_at: datetime
    used_seconds: float
    remaining_seconds: float | None = Field(description="what is left while the clock is paused")
    deadlines: list[DeadlineDocument]
    segments: list[SegmentDocument]
    alarms: list[AlarmDocument]
    account: list[str] = Field(description="计时说明")


class DeadlineItem(BaseModel):
    """One line of the list of deadlines."""

    hazard_id: str
    number: str
    county: str
    sector: str
    deadline_number: int
    deadline_on: date
    due_at: datetime
    state: str
    raised_at: datetime | None


class DeadlinePage(BaseModel):
    """A page of deadlines; `next` goes into `after`."""

    items: list[DeadlineItem]
    next: str | None


class FindingDocument(BaseModel):
    """Something that is not as it should be."""

    hazard_id: str
    number: str
    county: str
    deadline_number: int
    due_at: datetime
    reason: str


class AuditDocument(BaseModel):
    """The self-audit: sound means that no deadline lacks its event and no clock contradicts its alarms."""

    sound: bool
    as_of: datetime
    ledger_applied_through: datetime | None
    missed_total: int
    missed: list[FindingDocument]
    excused_total: int = Field(description="passed deadlines without alarm: extended or closed before it was raised")
    compared_at: datetime | None
    clocks_compared: int
    inconsistent: list[FindingDocument]


def clock_document(
    clock: HazardClock, alarms: list[Alarm], *, now: datetime, applied_through: datetime | None
) -> ClockDocument:
    """Return a clock as the API shows it."""
    reckoning, facts = clock.reckoning, clock.facts
    left = reckoning.remaining
    return ClockDocument(
        **{name: getattr(facts, name) for name in ("hazard_id", "number", "county", "sector")},
        grade=reckoning.grade,
        version=reckoning.version,
        state=reckoning.state,
        as_of=now,
        ledger_applied_through=applied_through,
        deadline_number=reckoning.deadline.number,
        deadline_on=reckoning.deadline.deadline_on,
        due_at=reckoning.deadline.due_at,
        used_seconds=reckoning.used(now).total_seconds(),
        remaining_seconds=None if left is None else left.total_seconds(),
        deadlines=[DeadlineDocument(**asdict(deadline)) for deadline in reckoning.deadlines],
        segments=[SegmentDocument(**asdict(segment)) for segment in reckoning.segments],
        alarms=[_alarm(alarm) for alarm in alarms],
        account=tell(reckoning, now),
    )


def _alarm(alarm: Alarm) -> AlarmDocument:
    raised = alarm.state is AlarmState.RAISED
    shown: dict[str, Any] = {name: getattr(alarm, name) for name in ("fires_at", "due_at", "state", "raised_at")}
    return AlarmDocument(
        kind=alarm.key.kind,
        deadline_number=alarm.key.deadline_number,
        days_before=alarm.key.days_before,
        event_id=str(alarm.key.event_id) if raised else None,
        **shown,
    )


def deadline_page(lines: list[DeadlineLine], following: str | None) -> DeadlinePage:
    """Return a page of deadlines as the API shows it."""
    return DeadlinePage(items=[DeadlineItem(**asdict(line)) for line in lines], next=following)


def audit_document(audit: Audit) -> AuditDocument:
    """Return an audit as the API shows it."""
    comparison = audit.comparison
    inconsistent = list(comparison.findings) if comparison else []
    return AuditDocument(
        sound=audit.missed_total == 0 and not inconsistent,
        as_of=audit.as_of,
        ledger_applied_through=audit.ledger_applied_through,
        missed_total=audit.missed_total,
        missed=_findings(list(audit.missed)),
        excused_total=audit.excused_total,
        compared_at=comparison.finished_at if comparison else None,
        clocks_compared=comparison.clocks_checked if comparison else 0,
        inconsistent=_findings(inconsistent),
    )


def _findings(findings: list[Finding]) -> list[FindingDocument]:
    return [FindingDocument(**asdict(finding)) for finding in findings]
