"""Which version of a duty rules which occurrence: a change changes what is ahead, and never what has begun."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import zip_longest

from services.scheduler.duties.model.duty import DutyState, DutyVersion
from services.scheduler.duties.model.occasions import Occasion
from services.scheduler.duties.model.recurrence import ONE_DAY
from services.scheduler.duties.model.rules import Deadline, Occurrence, occurrences


def ruled(
    versions: Sequence[DutyVersion], until: date, occasions: Iterable[Occasion] = ()
) -> Iterator[tuple[DutyVersion, Occurrence]]:
    """Yield every occurrence of a duty that opens until `until`, with the version that rules it, in order.

    `versions` stand in their order. An occurrence that opened before the next version takes effect stays the older
    version's, to its end; the newer one begins behind it, so that no day is asked for twice. A duty with one deadline
    has one task: once that has opened, a newer version makes no second one.
    """
    known = list(occasions)
    begins: date | None = None
    spent = False
    for version, following in zip_longest(versions, versions[1:]):
        if version.state is DutyState.CANCELLED:
            return
        first = max(version.effective_on, version.duty.valid_from, begins or version.effective_on)
        last = min(until, version.duty.valid_until or until)
        for occurrence in _of(version, first, last, known, spent=spent):
            if following is not None and occurrence.opens_on >= following.effective_on:
                continue
            begins = max(begins or occurrence.period_start, occurrence.period_end + ONE_DAY)
            spent = spent or isinstance(version.duty.rule, Deadline)
            yield version, occurrence


def _of(
    version: DutyVersion, first: date, last: date, occasions: Iterable[Occasion], *, spent: bool
) -> Iterator[Occurrence]:
    rule = version.duty.rule
    if first > last or (spent and isinstance(rule, Deadline)):
        return iter(())
    return (
        each
        for each in occurrences(rule, first, last, duty_id=version.duty.duty_id, occasions=occasions)
        if each.opens_on <= last
    )
