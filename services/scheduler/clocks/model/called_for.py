"""Which alarms a reckoning calls for: one 督办逾期 for each deadline, and 到期提醒 ahead of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from duban_contracts.deadlines.reckoning import ClockState, Deadline, Outcome, Reckoning, Turn
from duban_contracts.events.types import HAZARD, Subject
from services.scheduler.alarms.model import Alarm, AlarmState, Due, ahead, overtaken, passing
from services.scheduler.alarms.model import changes as alarm_changes
from services.scheduler.clocks.model.policy import Policy

# Constant for life: it makes the event id of every alarm about a hazard, by which readers recognise a repetition.
NAMESPACE: Final = UUID("0d9c7f2e-3b0a-5c58-9f0e-64756261e001")


def called_for(reckoning: Reckoning | None, number: str, policy: Policy, *, kind: str = HAZARD) -> list[Alarm]:
    """Return the alarms that the deadline in force calls for, raised already or not.

    `number` is what people call the subject by, of this `kind`: the hazard, unless it is the listing of one.

    Alarms of earlier deadlines are no longer needed: a hazard that was extended or closed before its alarm was raised
    gets none (promise P3). A submission after the deadline does not take the alarm back.
    """
    if reckoning is None or reckoning.state is ClockState.STOPPED:
        return []
    deadline = reckoning.deadline
    about = Subject(kind=kind, id=reckoning.hazard_id, number=number)
    due = Due(about, deadline.number, deadline.deadline_on, deadline.due_at)
    if deadline.outcome is Outcome.PASSED:
        state = AlarmState.RAISED if deadline.noted_at else AlarmState.ARMED
        return [passing(due, state, deadline.noted_at)]
    state = AlarmState.ARMED if reckoning.state is ClockState.RUNNING else AlarmState.HELD
    # A reminder whose moment was over when the clock began to run says what was just said.
    turned = (reckoning.running_since, reckoning.paused_at, deadline.set_at)
    since = max(instant for instant in turned if instant)
    return [passing(due, state), *ahead(due, policy.reminders(reckoning.grade, due.at), state, since=since)]


def overtaken_by_plan(reckoning: Reckoning, planned: Sequence[Alarm], policy: Policy, now: datetime) -> list[Alarm]:
    """Return what of the reminders `planned` so far is to be said at once, because `policy` moves it into the past.

    While a submission is reviewed nobody is reminded; the return plans afresh.
    """
    if reckoning.state is not ClockState.RUNNING:
        return []
    mine = [alarm for alarm in planned if alarm.due.number == reckoning.deadline.number]
    return overtaken(mine, policy.reminders(reckoning.grade, reckoning.deadline.due_at), now)


def turned(before: Reckoning | None, after: Reckoning) -> bool:
    """Return whether every reminder is called for anew: the clock turned, or there is another deadline."""
    return before is None or (before.state, len(before.deadlines)) != (after.state, len(after.deadlines))


def corrected(before: Reckoning | None, after: Reckoning) -> Deadline | None:
    """Return the deadline that was set right between `before` and `after`, about which nothing holds any longer."""
    if before is None or len(before.deadlines) == len(after.deadlines) or after.deadline.set_by is not Turn.CORRECTED:
        return None
    return after.deadlines[-2]


def changes(
    before: Reckoning | None, after: Reckoning, number: str, policy: Policy, *, kind: str = HAZARD
) -> list[Alarm]:
    """Return the alarms to write when `before` becomes `after`."""
    passed = {deadline.number for deadline in after.deadlines if deadline.outcome is Outcome.PASSED}
    old, new = (called_for(each, number, policy, kind=kind) for each in (before, after))
    return alarm_changes(old, new, passed=passed)
