"""What makes a duty one that can be planned: every broken rule at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Final

from duban_contracts.refusals import Refusal, violation
from services.scheduler.duties.model import recurrence
from services.scheduler.duties.model.duty import Duty
from services.scheduler.duties.model.recurrence import BadRule
from services.scheduler.duties.model.rules import Deadline, Recurrence

_EVERY: Final = "1"
# Every day since would become a task: nobody plans the last century.
_EARLIEST: Final = date(2000, 1, 1)


def check(duty: Duty, rosters: Collection[str], *, at: str = "$") -> Iterator[Refusal]:
    """Yield every rule that a duty breaks; `at` is the JSON path of the duty."""
    rule = duty.rule
    if duty.valid_from < _EARLIEST:
        yield violation("date-too-early", f"{at}.valid_from", earliest=_EARLIEST)
    if duty.valid_until is not None and duty.valid_until < duty.valid_from:
        yield violation("duty-ends-before-it-begins", f"{at}.valid_until", first=duty.valid_from)
    if duty.per is not None and duty.per not in rosters:
        yield violation("unknown-roster", f"{at}.per", rosters=", ".join(sorted(rosters)))
    if isinstance(rule, Recurrence):
        yield from _recurrence(rule, f"{at}.rule.rrule")
    if isinstance(rule, Deadline) and rule.opens_on is not None and rule.opens_on > rule.due_on:
        yield violation("duty-ends-before-it-begins", f"{at}.rule.due_on", first=rule.opens_on)


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
