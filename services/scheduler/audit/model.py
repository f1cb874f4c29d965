"""What an audit finds, and why a deadline that passed may have no event."""

from __future__ import annotations

import enum
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from duban_contracts.events.types import HazardFacts


class Reason(enum.StrEnum):
    """Why something is not as it should be: stable codes.

    The first three are those of deadlines without their event, the last two of hazards without a clock that can be
    trusted: a confirmed one that has none here, and one whose clock lacks an event.
    """

    LEDGER_BEHIND = "ledger_behind"
    HISTORY_INCOMPLETE = "history_incomplete"
    NOT_RAISED = "not_raised"
    RAISED_IN_ERROR = "raised_in_error"
    ARMED_THOUGH_STOPPED = "armed_though_stopped"
    ARMED_THOUGH_PAUSED = "armed_though_paused"
    ALARM_MISSING = "alarm_missing"
    DUE_DIFFERS = "due_differs"
    NOT_ARMED = "not_armed"
    CLOCK_MISSING = "clock_missing"
    CLOCK_BEHIND = "clock_behind"


@dataclass(frozen=True, slots=True)
class ClockDiscrepancy:
    """Something that is not as it should be: of a hazard, or of the accident whose id `hazard_id` is then.

    Of a hazard that has no clock here it is not known when its deadline passes (`due_at` None, `deadline_number` 0), and
    of one whose events can't be read not even number and county (empty).
    """

    hazard_id: str
    number: str
    county: str
    deadline_number: int
    due_at: datetime | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Comparison:
    """The last complete comparison of clocks with alarms, and the first of what it found."""

    finished_at: datetime
    clocks_checked: int
    findings: tuple[ClockDiscrepancy, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found at `as_of` (domain time). `missed` shows the oldest of `missed_total` deadlines."""

    as_of: datetime
    ledger_applied_through: datetime | None
    missed_total: int
    missed: tuple[ClockDiscrepancy, ...]
    excused_total: int
    comparison: Comparison | None
    unreckoned: tuple[ClockDiscrepancy, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether no deadline lacks its event, no clock contradicts its alarms, and no confirmed hazard lacks its clock."""
        return self.missed_total == 0 and not self.unreckoned and not (self.comparison and self.comparison.findings)


@dataclass(frozen=True, slots=True)
class Unapplied:
    """An event that was given up or waits for one that never came; `facts` are None when it can't be read."""

    hazard_id: str
    facts: HazardFacts | None


def unreckoned(events: Iterable[Unapplied], clocks: Mapping[str, ClockDiscrepancy]) -> list[ClockDiscrepancy]:
    """Return the hazards whose clock can't be trusted, because `events` are missing from it.

    `clocks` holds those that have one, as a finding with what is known of it. One without a clock counts when an event
    says that it is confirmed, or when one can't be read: then nobody knows.
    """
    found: dict[str, ClockDiscrepancy] = {}
    for event in events:
        facts = event.facts
        if event.hazard_id in clocks:
            found[event.hazard_id] = replace(clocks[event.hazard_id], reason=Reason.CLOCK_BEHIND)
        elif facts is None:
            found.setdefault(event.hazard_id, _clockless(event.hazard_id, "", ""))
        elif facts.deadline_on is not None:
            found[event.hazard_id] = _clockless(event.hazard_id, facts.number, facts.county)
    return [found[hazard_id] for hazard_id in sorted(found)]


def _clockless(hazard_id: str, number: str, county: str) -> ClockDiscrepancy:
    return ClockDiscrepancy(hazard_id, number, county, 0, None, Reason.CLOCK_MISSING)


def explained(
    finding: ClockDiscrepancy, applied_through: datetime | None, in_doubt: Container[str]
) -> ClockDiscrepancy:
    """Return `finding`, a passed deadline without its event, with the reason; `applied_through` is its county's.

    The ledger is behind, the hazard's history has a gap, or we failed.
    """
    if applied_through is None or finding.due_at is None or finding.due_at >= applied_through:
        return replace(finding, reason=Reason.LEDGER_BEHIND)
    incomplete = finding.hazard_id in in_doubt
    return replace(finding, reason=Reason.HISTORY_INCOMPLETE if incomplete else Reason.NOT_RAISED)
