"""The audit at the end: does every promise hold for what was just played? Each line is a fact that could be false."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from deploy.demo.audit import (
    accepted,
    alarms,
    checkpoints,
    confirmed,
    figures,
    followed,
    gathered,
    history,
    letters,
    listed,
    looked_back,
    order,
    prompted,
    rarer,
    refused,
    stopped,
    tips,
)
from deploy.demo.audit.case import Case, Line

Check = Callable[[Case], Awaitable[Line]]

CHECKS: Final[tuple[Check, ...]] = (
    accepted.every_accepted_event_is_accounted_for,
    accepted.one_hazard_per_reference,
    gathered.reports_of_one_hazard_are_counted_once,
    order.every_hazards_events_stand_in_order,
    refused.every_planned_refusal_was_refused,
    confirmed.what_is_major_was_confirmed_as_the_city_asks,
    prompted.each_first_level_asked_for_its_second_once,
    listed.what_is_listed_was_lifted_before_it_was_closed,
    stopped.what_was_stopped_was_resumed_before_it_was_closed,
    looked_back.what_broke_again_is_rectifying_again,
    looked_back.what_still_holds_stays_closed,
    rarer.what_is_done_rarely_came_to_its_end,
    tips.every_tip_went_its_way,
    tips.who_reported_is_known_to_the_vault_alone,
    alarms.every_overdue_deadline_was_raised_once,
    letters.every_overdue_deadline_has_one_letter,
    followed.everything_else_that_was_late_has_one_letter,
    figures.the_books_balance,
    figures.statistics_equal_recomputation,
    history.history_verifies_offline,
    checkpoints.every_checkpoint_that_a_county_kept_holds,
    refused.nothing_lies_among_the_dead_letters,
)


async def audit(case: Case, patience_seconds: float, checks: Sequence[Check] = CHECKS) -> list[Line]:
    """Return the line of every check; one that fails is looked at again until the patience ends, for what is on its way."""
    return [await _patiently(check, case, patience_seconds) for check in checks]


async def _patiently(check: Check, case: Case, patience_seconds: float) -> Line:
    deadline = asyncio.get_running_loop().time() + patience_seconds
    while True:
        line = await check(case)
        if line.holds or asyncio.get_running_loop().time() > deadline:
            return line
        await asyncio.sleep(1)
