"""Alarms about the deadlines of a subject: 到期提醒 ahead of a deadline, one word when it has passed, one reminder after."""

from __future__ import annotations

import enum
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid5

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.types import Subject


class Kind(enum.StrEnum):
    """What an alarm says: a deadline is near, it has passed, or it passed a while ago and is still owed (催办)."""

    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    STILL_DUE = "still_due"


class AlarmState(enum.StrEnum):
    """Where an alarm stands.

    `armed` waits for its instant; `held` waits for a review to end; `raised` was said and is final; `withdrawn` is
    no longer needed; `excused` is that of a deadline that had passed, but whose subject was closed or given a new
    deadline before the alarm was raised; `lapsed` is a reminder that was no longer useful when its turn came.
    """

    ARMED = "armed"
    HELD = "held"
    RAISED = "raised"
    WITHDRAWN = "withdrawn"
    EXCUSED = "excused"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Cause:
    """The ledger event from which an alarm follows."""

    event_id: str
    correlation_id: str | None
    traceparent: str | None

    def envelope(self) -> CloudEvent:
        """Return what `new_event` needs to know of the cause."""
        return CloudEvent(
            id=self.event_id,
            source="/duban/ledger",
            type="",
            data=b"",
            correlationid=self.correlation_id,
            traceparent=self.traceparent,
        )


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline of a subject; `number` counts the subject's deadlines from 1.

    `on` is the last day as the owner of the subject has it, `at` the instant (UTC) at which the deadline passes.
    """

    about: Subject
    number: int
    on: date
    at: datetime


@dataclass(frozen=True, slots=True)
class AlarmKey:
    """What makes an alarm one: a deadline says each thing once. `days_before` is 0 when it has passed."""

    subject_kind: str
    subject_id: str
    deadline_number: int
    kind: Kind
    days_before: int = 0

    def event_id(self, namespace: UUID) -> UUID:
        """Return the id of the alarm's event: the same at every attempt, so that a repetition is a duplicate.

        `namespace` belongs to the kind of subject and is constant for life.
        """
        return uuid5(namespace, f"{self.subject_id}/{self.deadline_number}/{self.kind}/{self.days_before}")


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something to be said about a deadline at `fires_at`, and whether it was.

    `recalled_at` says when it was taken back after it was said, because its deadline had been set wrongly; it stays raised.
    """

    due: Due
    kind: Kind
    days_before: int
    fires_at: datetime
    state: AlarmState
    raised_at: datetime | None = None
    recalled_at: datetime | None = None

    @property
    def key(self) -> AlarmKey:
        """What makes it one."""
        about = self.due.about
        return AlarmKey(about.kind, about.id, self.due.number, self.kind, self.days_before)


@dataclass(frozen=True, slots=True)
class Recall:
    """Everything that was said about deadline `number` of a subject is taken back `at` (UTC): it had been set wrongly."""

    subject_kind: str
    subject_id: str
    number: int
    at: datetime

    def event_id(self, namespace: UUID) -> UUID:
        """Return the id of the event that says so, by which a repetition is a duplicate; see `AlarmKey.event_id`."""
        return uuid5(namespace, f"{self.subject_id}/{self.number}/recalled")


def passing(due: Due, state: AlarmState, raised_at: datetime | None = None) -> Alarm:
    """Return the alarm of the instant at which `due` passes."""
    return Alarm(due, Kind.OVERDUE, 0, due.at, state, raised_at)


def ahead(due: Due, moments: Mapping[int, datetime], state: AlarmState, *, since: datetime) -> list[Alarm]:
    """Return the reminders at `moments` (days before -> instant) after `since` and before the deadline passes.

    Nobody is reminded of what was just said, nor of what is over. They stand in order of days before.
    """
    return [Alarm(due, Kind.DUE_SOON, days, at, state) for days, at in sorted(moments.items()) if since < at < due.at]


def behind(due: Due, moment: datetime, state: AlarmState) -> Alarm:
    """Return the one reminder at `moment`, after `due` has passed."""
    return Alarm(due, Kind.STILL_DUE, 0, moment, state)


def overtaken(planned: Sequence[Alarm], moments: Mapping[int, datetime], now: datetime) -> list[Alarm]:
    """Return what of the `planned` reminders is to be said at once, because their new `moments` are over before they came.

    A holiday that is extended in midyear moves reminders onto the working day before it, which may be over: that is too
    late, not needless. Of several the nearest is enough; none is said of a deadline that has passed.
    """
    over = [each for each in planned if each.days_before in moments and moments[each.days_before] <= now < each.due.at]
    nearest = sorted(over, key=lambda each: each.days_before)[:1]
    return [replace(each, fires_at=now, state=AlarmState.ARMED) for each in nearest]


def changes(before: Sequence[Alarm], after: Sequence[Alarm], *, passed: Container[int]) -> list[Alarm]:
    """Return the alarms to write when those of a subject change: new and moved ones, and those taken back.

    `passed` holds the numbers of the deadlines that have passed: their alarm is excused instead of withdrawn. What was
    raised stays so; there is nothing to take back.
    """
    old = {alarm.key: alarm for alarm in before}
    new = {alarm.key: alarm for alarm in after}
    unraised = [alarm for key, alarm in old.items() if key not in new and alarm.state is not AlarmState.RAISED]
    taken_back = [replace(alarm, state=_end(alarm, passed)) for alarm in unraised]
    return taken_back + [alarm for key, alarm in new.items() if old.get(key) != alarm]


def _end(alarm: Alarm, passed: Container[int]) -> AlarmState:
    """Return what becomes of an alarm that is no longer needed."""
    late = alarm.kind is Kind.OVERDUE and alarm.due.number in passed
    return AlarmState.EXCUSED if late else AlarmState.WITHDRAWN
