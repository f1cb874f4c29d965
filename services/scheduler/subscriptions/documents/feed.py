"""Tasks as an iCalendar object (RFC 5545, RFC 7986): one all-day event a task, on its last day. Pure.

A program knows an event again by its UID, the task's id, and takes the one of the higher SEQUENCE, the revision of the
task's row: it is updated and never doubled. What was cancelled or waived stays for a while as CANCELLED.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final

from icalendar import STATUS, TRANSP, Calendar, Event

from duban_contracts.events.tasks import TaskState
from duban_contracts.vocabulary import UNITS
from services.scheduler.subscriptions.model import Subscription
from services.scheduler.tasks.model.task import NAMES, OPEN, Task

REFRESH: Final = timedelta(hours=4)
_DAY: Final = timedelta(days=1)
_PRODUCT: Final = "-//Duban//Scheduler//ZH"
_GONE: Final = frozenset({TaskState.CANCELLED, TaskState.WAIVED})
_SHOWN: Final = _GONE | {TaskState.ACCEPTED}


def feed_of(subscription: Subscription, tasks: Iterable[tuple[Task, int]]) -> bytes:
    """Return the calendar of a subscription; each task comes with the revision of its row."""
    calendar = Calendar.new(
        name=subscription.name,
        prodid=_PRODUCT,
        uid=subscription.subscription_id,
        subcomponents=[_event(task, revision, subscription.issued_at) for task, revision in tasks],
    )
    # RFC 7986 wants the type said, which the library does not; Outlook reads the other one.
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT4H")
    written: bytes = calendar.to_ical()
    return written


def _event(task: Task, revision: int, issued_at: datetime) -> Event:
    return Event.new(
        uid=task.task_id,
        sequence=revision,
        # Of a task that is only planned nobody did anything yet: its event is as old as the calendar.
        stamp=task.changed_at or issued_at,
        last_modified=task.changed_at or issued_at,
        start=task.due_on,
        end=task.due_on + _DAY,
        summary=_summary(task),
        description="\n".join(_description(task)),
        categories=[task.plan.kind],
        status=_status(task.state),
        # A deadline keeps nobody from other appointments on its day.
        transparency=TRANSP.TRANSPARENT,
    )


def _status(state: TaskState) -> STATUS:
    if state in _GONE:
        return STATUS.CANCELLED
    return STATUS.TENTATIVE if state is TaskState.PLANNED else STATUS.CONFIRMED


def _summary(task: Task) -> str:
    member = f"（{task.plan.member.name}）" if task.plan.member else ""
    if task.state in _SHOWN:
        return f"【{NAMES[task.state]}】{task.plan.title}{member}"
    return f"{'【逾期】' if task.late and task.state in OPEN else ''}{task.plan.title}{member}"


def _description(task: Task) -> Iterator[str]:
    plan = task.plan
    yield f"编号：{task.number}"
    yield f"状态：{NAMES[task.state]}{'，逾期' if task.late else ''}"
    yield f"办理时间：{_days(plan.window_start, task.due_on)}"
    yield f"牵头单位：{UNITS.name(plan.lead_unit)}"
    if plan.helper_units:
        yield f"配合单位：{'、'.join(map(UNITS.name, plan.helper_units))}"


def _days(first: date, last: date) -> str:
    return f"{first} 至 {last}" if first < last else f"{last}"
