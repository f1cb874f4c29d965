"""The account of a clock in words: what a person reads who asks why a hazard is late, or not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from duban_contracts.days import Zone
from duban_contracts.deadlines.reckoning import ClockState, Deadline, Outcome, Reckoning, Turn

_CAUSES: Final = {
    Turn.CONFIRMED: "确认",
    Turn.SUBMITTED: "整改完成，待审",
    Turn.RETURNED: "退回",
    Turn.EXTENDED: "延期",
    Turn.CORRECTED: "更正期限",
    Turn.REOPENED: "反弹",
    Turn.UNMERGED: "拆分",
}
_STATES: Final = {ClockState.RUNNING: "计时", ClockState.PAUSED: "暂停计时", ClockState.STOPPED: "停止计时"}
_OUTCOMES: Final = {
    Outcome.OPEN: "在期",
    Outcome.PASSED: "已逾期",
    Outcome.MET: "已按期销号",
    Outcome.SUPERSEDED: "已由新的期限代替",
    Outcome.CORRECTED: "录入有误，已更正",
    Outcome.CANCELLED: "已撤销",
    Outcome.MERGED: "已归并，按所并入隐患的期限",
}


def account(reckoning: Reckoning, now: datetime, zone: Zone) -> list[str]:
    """Return the reckoning as lines of Chinese, in the order in which things happened; times are those of `zone`."""
    lines = [_deadline(deadline, zone) for deadline in reckoning.deadlines]
    for segment in reckoning.segments:
        end = segment.ended_at
        until = f"至 {_local(end, zone)}" if end else "至今"
        lasted = _span((end or now) - segment.started_at)
        lines.append(
            f"{_local(segment.started_at, zone)} {_CAUSES[segment.began_with]}：{_STATES[segment.state]}{until}，"
            f"共 {lasted}（期限 {segment.deadline_number}）"
        )
    lines.append(f"现状：{_STATES[reckoning.state]}，累计用时 {_span(reckoning.used(now))}")
    if (left := reckoning.remaining) is not None:
        lines.append(f"退回后剩余 {_span(left)}")
    return lines


def _deadline(deadline: Deadline, zone: Zone) -> str:
    return (
        f"期限 {deadline.number}：{_local(deadline.set_at, zone)} {_CAUSES[deadline.set_by]}，"
        f"整改期限 {deadline.deadline_on}，到期时刻 {_local(deadline.due_at, zone)}，{_OUTCOMES[deadline.outcome]}"
    )


def _local(instant: datetime, zone: Zone) -> str:
    return zone.local(instant).strftime("%Y-%m-%d %H:%M:%S")


def _span(span: timedelta) -> str:
    hours, seconds = divmod(span.seconds, 3600)
    return f"{span.days} 天 {hours} 小时 {seconds // 60} 分"
