"""Which tasks should have been planned, reckoned a second time: it shares the words of duties with planning, and no rule.

Planning goes over calendar periods; this goes over days, asks each of them to which period it belongs, and names periods by
other means. What both agree on was planned as the duties say (ADR 11).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby, zip_longest
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from dateutil.rrule import rrule, rrulestr

from services.scheduler.duties.model import recurrence
from services.scheduler.duties.model.duty import Duty, DutyState, DutyVersion
from services.scheduler.duties.model.occasions import Occasion
from services.scheduler.duties.model.periods import Period
from services.scheduler.duties.model.rules import Deadline, Occasional, Quota, Recurrence, Rule, Season
from services.scheduler.rosters.model import RosterMember

_TASKS: Final = UUID("7a1c7f0e-52d4-5b0b-8f3e-64756261e002")
_DAY: Final = timedelta(days=1)
_HALF: Final = 6
_LUSTRUM: Final = 5
_SHORTEST: Final = 28
_NAMES: Final = {
    Period.DAY: "%Y-%m-%d",
    Period.WEEK: "%G-W%V",
    Period.MONTH: "%Y-%m",
    Period.TWO_MONTHS: "%Y-B{two}",
    Period.QUARTER: "%Y-Q{quarter}",
    Period.HALF_YEAR: "%Y-H{half}",
    Period.YEAR: "%Y",
}
_BY_FREQUENCY: Final = {"DAILY": Period.DAY, "WEEKLY": Period.WEEK, "MONTHLY": Period.MONTH, "YEARLY": Period.YEAR}

MembersOn = Callable[[str, date], Sequence[RosterMember]]


class Should(NamedTuple):
    """A task that should stand: whose, for which period, the how many-th of it, for which member of a roster, until when."""

    duty_id: str
    period: str
    ordinal: int
    member: str | None
    opens_on: date
    due_on: date
    lead: str


@dataclass(frozen=True, slots=True)
class _Span:
    """One period of a duty: the day from which it is asked for, its last day, and the one by which it is to be done."""

    period: str
    ordinal: int
    opens_on: date
    ends_on: date
    due_on: date


def should_stand(
    versions: Sequence[DutyVersion], until: date, *, members: MembersOn, occasions: Sequence[Occasion]
) -> dict[str, Should]:
    """Return the tasks of one duty that open until `until`, by the ids that they must have."""
    found: dict[str, Should] = {}
    for duty, span in _spans(versions, until, occasions):
        if duty.kept_by != "scheduler" or (duty.lead is None and duty.per is None):
            continue
        whose = [None] if duty.per is None else members(duty.per, span.opens_on)
        for member in whose:
            about = "-" if member is None else f"{member.kind}:{member.code}"
            task_id = uuid5(_TASKS, f"{duty.duty_id}\n{span.period}\n{about}\n{span.ordinal}")
            code = None if member is None else member.code
            lead = duty.lead if member is None or (member.kind != "unit" and duty.lead) else member.unit
            found[str(task_id)] = Should(
                duty.duty_id, span.period, span.ordinal, code, span.opens_on, span.due_on, str(lead)
            )
    return found


def _spans(versions: Sequence[DutyVersion], until: date, occasions: Sequence[Occasion]) -> Iterator[tuple[Duty, _Span]]:
    """Yield the periods of each version: those that begin while it holds, behind the last one of the version before."""
    taken: date | None = None
    done = False
    for version, following in zip_longest(versions, versions[1:]):
        duty = version.duty
        if version.state is DutyState.CANCELLED:
            return
        first = max(version.effective_on, duty.valid_from, version.effective_on if taken is None else taken + _DAY)
        last = min(until, duty.valid_until or until)
        if first > last or (done and isinstance(duty.rule, Deadline)):
            continue
        for span in _of_rule(duty.rule, first, last, duty.duty_id, occasions):
            if span.opens_on > last or (following is not None and span.opens_on >= following.effective_on):
                continue
            taken = span.ends_on if taken is None else max(taken, span.ends_on)
            done = done or isinstance(duty.rule, Deadline)
            yield duty, span


def _of_rule(rule: Rule, first: date, last: date, duty_id: str, occasions: Sequence[Occasion]) -> Iterable[_Span]:
    match rule:
        case Quota():
            return _quota(rule, first, last)
        case Recurrence():
            return _recurrence(rule, first, last)
        case Season():
            return _season(rule, first, last)
        case Deadline(due_on=due_on, opens_on=opens_on):
            opens_on = min(opens_on or first, due_on)
            return [_Span(f"{due_on:%Y}", 1, opens_on, due_on, due_on)] if due_on >= first else []
        case Occasional(kinds=kinds):
            called = [each for each in occasions if (duty_id in each.duties if each.duties else each.kind in kinds)]
            return [
                _Span(each.occasion_id, 1, each.starts_on, each.ends_on, each.ends_on)
                for each in called
                if each.ends_on >= first
            ]
        case _:
            return []


def _quota(rule: Quota, first: date, last: date) -> Iterator[_Span]:
    """Yield the periods of the days: each is opened by the first of its days that counts."""
    for period, days in groupby(_days(first, last), key=lambda day: _name(rule.period, day, rule.anchor)):
        opens_on = next(days)
        ends_on = _last_day(rule.period, opens_on, rule.anchor)
        yield from (_Span(period, nth, opens_on, ends_on, ends_on) for nth in range(1, rule.count + 1))


def _season(rule: Season, first: date, last: date) -> Iterator[_Span]:
    """Yield the runs of days that lie within a season, each named by the year in which it begins."""

    def begun(day: date) -> int | None:
        for year in (day.year, day.year - 1):
            ends = year if rule.opens <= rule.closes else year + 1
            if _on(year, rule.opens) <= day <= _on(ends, rule.closes):
                return year
        return None

    for year, days in groupby(_days(first, last), key=begun):
        if year is not None:
            ends = year if rule.opens <= rule.closes else year + 1
            ends_on = _on(ends, rule.closes)
            yield _Span(str(year), 1, next(days), ends_on, ends_on)


def _recurrence(rule: Recurrence, first: date, last: date) -> Iterator[_Span]:
    """Yield the times between the days of the rule, each closed by one; within a period they are counted from its begin."""
    since = rule.since or date(first.year - 1, 1, 1)
    frequency = _parts(rule.rrule)["FREQ"]
    period = _BY_FREQUENCY[frequency]
    # Far enough behind `last` that the day which closes a time begun before it is among them.
    before: date | None = None
    counted: dict[str, int] = {}
    for day in _fall(rule.rrule, since, last + 366 * _DAY):
        name = _name(period, day)
        counted[name] = counted.get(name, 0) + 1
        if first <= day <= last:
            opens_on = first if before is None else max(first, before + _DAY)
            yield _Span(name, counted[name], opens_on, _last_day(period, day), day)
        before = day


def _fall(text: str, since: date, until: date) -> Iterator[date]:
    """Yield the days of an RRULE; a day that a month lacks is the month's last, where RFC 5545 leaves that month out."""
    parts = _parts(text)
    wanted = parts.get("BYMONTHDAY", "")
    monthly = parts["FREQ"] == "MONTHLY" or (parts["FREQ"] == "YEARLY" and parts.get("BYMONTH", ",").isdigit())
    late = monthly and wanted.isdigit() and int(wanted) > _SHORTEST and "BYSETPOS" not in parts
    if not late or "COUNT" in parts or "UNTIL" in parts:
        yield from _expanded(text, since, until)
        return
    # Counted by the first of each month, and moved to the day that is meant.
    firsts = _expanded(text.replace(f"BYMONTHDAY={wanted}", "BYMONTHDAY=1"), since.replace(day=1), until)
    moved = (day.replace(day=min(int(wanted), monthrange(day.year, day.month)[1])) for day in firsts)
    yield from (day for day in moved if since <= day <= until)


def _expanded(text: str, since: date, until: date) -> Iterator[date]:
    # Of a rule that falls on nothing, kept before such were refused, the search would not end.
    if not recurrence.falls(text, since):
        return
    rule = rrulestr(text, dtstart=datetime.combine(since, time()))
    assert isinstance(rule, rrule)  # noqa: S101 - checked when the duty was taken
    yield from (
        each.date() for each in rule.between(datetime.combine(since, time()), datetime.combine(until, time()), inc=True)
    )


def _parts(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.removeprefix("RRULE:").split(";"))


def _name(period: Period, day: date, anchor: int = 1) -> str:
    """Return how the period is called to which a day belongs."""
    if period is Period.FIVE_YEARS:
        begins = anchor + (day.year - anchor) // _LUSTRUM * _LUSTRUM
        return f"{begins}-{begins + _LUSTRUM - 1}"
    return day.strftime(_NAMES[period]).format(
        two=(day.month + 1) // 2, quarter=(day.month + 2) // 3, half=1 if day.month <= _HALF else 2
    )


def _last_day(period: Period, day: date, anchor: int = 1) -> date:
    """Return the last day that bears the same name."""
    name = _name(period, day, anchor)
    while _name(period, day + _DAY, anchor) == name:
        day += _DAY
    return day


def _on(year: int, month_day: str) -> date:
    month, day = int(month_day[:2]), int(month_day[3:])
    return date(year, month, min(day, monthrange(year, month)[1]))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + nth * _DAY for nth in range((last - first).days + 1))
