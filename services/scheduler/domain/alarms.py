"""Which alarms a reckoning calls for: one 督办逾期 for each deadline, and 到期提醒 ahead of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from services.scheduler.domain.policy import Policy
from services.scheduler.domain.reckoning import ClockState, Outcome, Reckoning

# Constant for life: it makes the event id of every alarm, by which readers recognise a repetition.
_NAMESPACE: Final = UUID("0d9c7f2e-3b0a-5c58-9f0e-64756261e001")


class Kind(enum.StrEnum):
    """What an alarm says: a deadline is near, or it has passed."""

    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


class AlarmState(enum.StrEnum):
    """Where an alarm stands.

    `armed` waits for its instant; `held` waits for a review to end; `raised` was said and is final; `withdrawn` is
    no longer called for; `excused` is a 督办逾期 whose deadline had passed, but whose hazard was extended or closed
    before the alarm was raised; `lapsed` is a reminder that was no longer useful when the scheduler came to it.
    """

    ARMED = "armed"
    HELD = "held"
    RAISED = "raised"
    WITHDRAWN = "withdrawn"
    EXCUSED = "excused"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, order=True)
class AlarmKey:
    """What makes an alarm one: a hazard's deadline says each thing once. `days_before` is 0 for 督办逾期."""

    hazard_id: str
    deadline_number: int
    kind: Kind
    days_before: int = 0

    @property
    def event_id(self) -> UUID:
        """Return the id of the alarm's event: the same at every attempt, so a repetition is a duplicate."""
        name = f"{self.hazard_id}/{self.deadline_number}/{self.kind}/{self.days_before}"
        return uuid5(_NAMESPACE, name)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as a reckoning calls for it: raise it at `fires_at`; its deadline passes at `due_at`."""

    key: AlarmKey
    fires_at: datetime
    due_at: datetime
    state: AlarmState
    raised_at: datetime | None = None


def called_for(reckoning: Reckoning | None, policy: Policy) -> list[Alarm]:
    """Return the alarms that the deadline in force calls for, raised already or not.

    Alarms of earlier deadlines are called for no more: a hazard that was extended or closed before its alarm was
    raised gets none (promise P3). A submission after the deadline does not take the alarm back.
    """
    if reckoning is None or reckoning.state is ClockState.STOPPED:
        return []
    deadline = reckoning.deadline
    if deadline.outcome is Outcome.PASSED:
        state = AlarmState.RAISED if deadline.noted_at else AlarmState.ARMED
        return [_overdue(reckoning, state)]
    state = AlarmState.ARMED if reckoning.state is ClockState.RUNNING else AlarmState.HELD
    return [_overdue(reckoning, state), *_reminders(reckoning, policy, state)]


def changes(before: Reckoning | None, after: Reckoning | None, policy: Policy) -> list[Alarm]:
    """Return the alarms to write when `before` becomes `after`: new and moved ones, and those taken back."""
    old = {alarm.key: alarm for alarm in called_for(before, policy)}
    new = {alarm.key: alarm for alarm in called_for(after, policy)}
    # What the ledger has noted was raised and stays so; there is nothing to take back.
    unraised = (key for key, alarm in old.items() if key not in new and alarm.state is not AlarmState.RAISED)
    taken_back = [replace(old[key], state=_end(key, after)) for key in unraised]
    return taken_back + [alarm for key, alarm in new.items() if old.get(key) != alarm]


def _end(key: AlarmKey, after: Reckoning | None) -> AlarmState:
    """Return what becomes of an alarm that is called for no more."""
    if key.kind is Kind.OVERDUE and after is not None:
        deadline = after.deadlines[key.deadline_number - 1]
        if deadline.outcome is Outcome.PASSED:
            return AlarmState.EXCUSED
    return AlarmState.WITHDRAWN


def _overdue(reckoning: Reckoning, state: AlarmState) -> Alarm:
    deadline = reckoning.deadline
    key = AlarmKey(reckoning.hazard_id, deadline.number, Kind.OVERDUE)
    raised_at = deadline.noted_at if state is AlarmState.RAISED else None
    return Alarm(key, deadline.due_at, deadline.due_at, state, raised_at)


def _reminders(reckoning: Reckoning, policy: Policy, state: AlarmState) -> list[Alarm]:
    """Return the reminders still ahead when the clock began to run; nobody is reminded of what was just said."""
    deadline = reckoning.deadline
    since = max(reckoning.running_since or reckoning.paused_at or deadline.set_at, deadline.set_at)
    ahead = sorted(policy.reminders(reckoning.grade, deadline.due_at).items())
    return [
        Alarm(AlarmKey(reckoning.hazard_id, deadline.number, Kind.DUE_SOON, days), at, deadline.due_at, state)
        for days, at in ahead
        if since < at < deadline.due_at
    ]
