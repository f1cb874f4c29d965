"""What an audit finds, and why a deadline that passed may have no event."""

from __future__ import annotations

import enum
from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime


class Reason(enum.StrEnum):
    """Why something is not as it should be: stable codes, the first three for deadlines without their event."""

    LEDGER_BEHIND = "ledger_behind"
    HISTORY_INCOMPLETE = "history_incomplete"
    NOT_RAISED = "not_raised"
    RAISED_IN_ERROR = "raised_in_error"
    ARMED_THOUGH_STOPPED = "armed_though_stopped"
    ARMED_THOUGH_PAUSED = "armed_though_paused"
    ALARM_MISSING = "alarm_missing"
    DUE_DIFFERS = "due_differs"
    NOT_ARMED = "not_armed"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be."""

    hazard_id: str
    number: str
    county: str
    deadline_number: int
    due_at: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Comparison:
    """The last complete comparison of clocks with alarms, and the first of what it found."""

    finished_at: datetime
    clocks_checked: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found at `as_of` (domain time). `missed` shows the oldest of `missed_total` deadlines."""

    as_of: datetime
    ledger_applied_through: datetime | None
    missed_total: int
    missed: tuple[Finding, ...]
    excused_total: int
    comparison: Comparison | None

    @property
    def sound(self) -> bool:
        """Whether no deadline lacks its event and no clock contradicts its alarms."""
        return self.missed_total == 0 and not (self.comparison and self.comparison.findings)


def explained(finding: Finding, applied_through: datetime | None, in_doubt: Container[str]) -> Finding:
    """Return `finding`, a passed deadline without its event, with the reason; `applied_through` is its county's.

    The ledger is behind, the hazard's history has a gap, or we failed.
    """
    if applied_through is None or finding.due_at >= applied_through:
        return replace(finding, reason=Reason.LEDGER_BEHIND)
    incomplete = finding.hazard_id in in_doubt
    return replace(finding, reason=Reason.HISTORY_INCOMPLETE if incomplete else Reason.NOT_RAISED)
