"""What makes a duty one that can be planned: every broken rule at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from duban_contracts.refusals import Refusal, violation
from services.scheduler.duties.model import recurrence
from services.scheduler.duties.model.duty import Duty
from services.scheduler.duties.model.occasions import Occasion
from services.scheduler.duties.model.recurrence import BadRule
from services.scheduler.duties.model.rules import Deadline, Recurrence

_EVERY: Final = "1"
# What a plan can be about; beyond it there are days whose end no clock can say.
_FIRST: Final = date(2000, 1, 1)
_LAST: Final = date(2999, 12, 31)
# An occasion is an occasion, not an age.
_LONGEST: Final = timedelta(days=366)


def check(duty: Duty, rosters: Collection[str], *, at: str = "$") -> Iterator[Refusal]:
    """Yield every rule that a duty breaks; `at` is the JSON path of the duty."""
    rule = duty.rule
    yield from check_days({f"{at}.valid_from": duty.valid_from, f"{at}.valid_until": duty.valid_until})
    if duty.valid_until is not None and duty.valid_until < duty.valid_from:
        yield violation("duty-ends-before-it-begins", f"{at}.valid_until", first=duty.valid_from)
    if duty.per is not None and duty.per not in rosters:
        yield violation("unknown-roster", f"{at}.per", rosters=", ".join(sorted(rosters)))
    if isinstance(rule, Recurrence):
        yield from check_days({f"{at}.rule.since": rule.since})
        yield from _recurrence(rule, f"{at}.rule.rrule")
    if isinstance(rule, Deadline):
        yield from check_days({f"{at}.rule.opens_on": rule.opens_on, f"{at}.rule.due_on": rule.due_on})
        if rule.opens_on is not None and rule.opens_on > rule.due_on:
            yield violation("duty-ends-before-it-begins", f"{at}.rule.due_on", first=rule.opens_on)


def check_days(days: Mapping[str, date | None]) -> Iterator[Refusal]:
    """Yield each of `days`, by field, that no plan can be about."""
    for field, day in days.items():
        if day is not None and not _FIRST <= day <= _LAST:
            yield violation("out-of-range", field, zh=f"{_FIRST} 至 {_LAST}", en=f"within {_FIRST} and {_LAST}")


def check_occasion(occasion: Occasion) -> Iterator[Refusal]:
    """Yield every rule that an occasion breaks."""
    yield from check_days({"$.starts_on": occasion.starts_on, "$.ends_on": occasion.ends_on})
    if occasion.ends_on < occasion.starts_on:
        yield violation("duty-ends-before-it-begins", "$.ends_on", first=occasion.starts_on)
    elif occasion.ends_on - occasion.starts_on > _LONGEST:
        days = _LONGEST.days
        yield violation("out-of-range", "$.ends_on", zh=f"至多 {days} 天", en=f"at most {days} days long")


def _recurrence(rule: Recurrence, field: str) -> Iterator[Refusal]:
    try:
        recurrence.normalised(rule.rrule)
        parts = recurrence.parts_of(rule.rrule)
    except BadRule as broken:
        yield violation("bad-recurrence", field, detail=str(broken))
        return
    if not recurrence.names_days(rule.rrule):
        yield violation("bad-recurrence", field, detail="without a day it is a quota of a calendar period")
    if rule.since is None and (parts.get("INTERVAL", _EVERY) != _EVERY or "COUNT" in parts):
        yield violation("bad-recurrence", field, detail="INTERVAL and COUNT need `since`, the day that they count from")
    if rule.since is not None and not recurrence.falls(rule.rrule, rule.since):
        yield violation("bad-recurrence", field, detail=f"falls on no day within 28 years of {rule.since}")
