"""Keeping duties: new ones, changed ones, cancelled ones. A change is planned in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.acting import Acting
from services.chassis.storage.database import Connection
from services.chassis.web.preconditions import Precondition
from services.scheduler.duties.handlers.plan import Planner, Planning, plan_duties
from services.scheduler.duties.model.checks import check
from services.scheduler.duties.model.duty import Duty, DutyState, DutyVersion
from services.scheduler.duties.model.rules import Deadline
from services.scheduler.duties.tables import duties

_LOADED_AGAIN: Final = "重新导入"


@dataclass(slots=True)
class DutiesKept:
    """What loading many duties did to them."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


async def create_duty(
    connection: Connection, duty: Duty, *, acting: Acting, planner: Planner
) -> DutyVersion | list[Refusal]:
    """Keep a new duty and plan it; return it, or every reason against it."""
    if broken := list(check(duty, planner.rosters.by_code)):
        return broken
    await duties.lock(connection, [duty.duty_id])
    if await duties.newest(connection, duty.duty_id) is not None:
        return [refusal("duty-exists", field="$.duty_id")]
    return await _append(connection, _first(duty, acting), acting, planner)


async def change_duty(
    connection: Connection, duty: Duty, *, reason: str, expecting: Precondition, acting: Acting, planner: Planner
) -> DutyVersion | list[Refusal]:
    """Give a duty a new version that takes effect today; what has begun stays the older version's.

    Returns the new version, or every reason against it. A change that changes nothing returns the version there is.
    """
    if broken := list(check(duty, planner.rosters.by_code)):
        return broken
    await duties.lock(connection, [duty.duty_id])
    before = await duties.newest(connection, duty.duty_id)
    refused = _unchangeable(before, expecting) or _begun(before, duty, acting)
    if refused is not None or before is None:
        return [refused or refusal("duty-not-found", field="duty_id")]
    if before.duty == duty:
        return before
    return await _append(connection, _next(before, duty, reason, acting), acting, planner)


async def cancel_duty(
    connection: Connection, duty_id: str, *, reason: str, expecting: Precondition, acting: Acting, planner: Planner
) -> DutyVersion | Refusal:
    """End a duty today, with the reason: tasks that have not begun are withdrawn, the others stay to be done."""
    await duties.lock(connection, [duty_id])
    before = await duties.newest(connection, duty_id)
    refused = _unchangeable(before, expecting)
    if refused is not None or before is None:
        return refused or refusal("duty-not-found", field="duty_id")
    ended = msgspec.structs.replace(_next(before, before.duty, reason, acting), state=DutyState.CANCELLED)
    return await _append(connection, ended, acting, planner)


async def keep_duties(
    connection: Connection, loaded: Sequence[Duty], *, acting: Acting, planner: Planner
) -> tuple[DutiesKept, Planning]:
    """Keep many duties as they were loaded, and plan them; what is there already in the same words stays as it is.

    They must have been checked. A cancelled duty that is loaded again is in force again.
    """
    names = [duty.duty_id for duty in loaded]
    await duties.lock(connection, names)
    known = await duties.versions_of(connection, names)
    kept = DutiesKept()
    written: list[DutyVersion] = []
    for duty in loaded:
        before = known[duty.duty_id][-1] if duty.duty_id in known else None
        if before is None:
            kept.created.append(duty.duty_id)
            written.append(_first(duty, acting))
        elif before.duty == duty and before.state is DutyState.IN_FORCE:
            kept.unchanged.append(duty.duty_id)
        else:
            kept.changed.append(duty.duty_id)
            written.append(_next(before, duty, _LOADED_AGAIN, acting))
    await duties.append(connection, written)
    return kept, await plan_duties(connection, names, planner=planner, now=acting.at)


async def _append(connection: Connection, version: DutyVersion, acting: Acting, planner: Planner) -> DutyVersion:
    await duties.append(connection, [version])
    await plan_duties(connection, [version.duty.duty_id], planner=planner, now=acting.at)
    return version


def _first(duty: Duty, acting: Acting) -> DutyVersion:
    return DutyVersion(
        version=1,
        state=DutyState.IN_FORCE,
        duty=duty,
        effective_on=duty.valid_from,
        recorded_at=acting.at,
        recorded_by=acting.account,
    )


def _next(before: DutyVersion, duty: Duty, reason: str, acting: Acting) -> DutyVersion:
    return DutyVersion(
        version=before.version + 1,
        state=DutyState.IN_FORCE,
        duty=duty,
        effective_on=acting.today,
        recorded_at=acting.at,
        recorded_by=acting.account,
        reason=reason,
    )


def _unchangeable(before: DutyVersion | None, expecting: Precondition) -> Refusal | None:
    if before is None:
        return refusal("duty-not-found", field="duty_id")
    if before.state is DutyState.CANCELLED:
        return refusal("duty-cancelled", field="duty_id")
    return expecting.unmet(before.version)


def _begun(before: DutyVersion | None, duty: Duty, acting: Acting) -> Refusal | None:
    """Return why a deadline can't be moved here: its task has begun, and is corrected on the task."""
    if before is None or not isinstance(before.duty.rule, Deadline) or before.duty.rule == duty.rule:
        return None
    opens_on = max(before.duty.rule.opens_on or before.duty.valid_from, before.effective_on)
    if opens_on >= acting.today:
        return None
    return refusal("deadline-assigned", field="$.rule.due_on")
