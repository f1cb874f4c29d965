"""What a command does to a hazard: the event that records it, or the refusal that explains why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from duban_contracts.events.hazards import (
    HazardClosed,
    HazardConfirmed,
    HazardEvent,
    HazardExtended,
    HazardOverdue,
    HazardPlanned,
    HazardRegraded,
    HazardRejected,
    HazardReopened,
    HazardReturned,
    HazardSubmitted,
)
from duban_contracts.events.types import Actor, Grade, HazardFacts, HazardState
from duban_contracts.vocabulary import UNITS
from services.ledger.domain import refusals
from services.ledger.domain.authority import check_authority
from services.ledger.domain.commands import (
    Close,
    Command,
    Confirm,
    Extend,
    MarkOverdue,
    Plan,
    Regrade,
    Reject,
    Reopen,
    Return,
    Submit,
)
from services.ledger.domain.hazard import Hazard, facts
from services.ledger.domain.refusals import Refusal
from services.ledger.domain.transitions import TRANSITIONS, Move

# Calendar days of deadlines begin in this zone (DOMAIN §4).
ZONE: Final = ZoneInfo("Asia/Shanghai")

MOVES: Final[Mapping[type[Command], Move]] = MappingProxyType(
    {
        Confirm: Move.CONFIRM,
        Reject: Move.REJECT,
        Plan: Move.PLAN,
        Submit: Move.SUBMIT,
        Return: Move.RETURN,
        Close: Move.CLOSE,
        Reopen: Move.REOPEN,
        Extend: Move.EXTEND,
        Regrade: Move.REGRADE,
        MarkOverdue: Move.MARK_OVERDUE,
    }
)


class Stamp(msgspec.Struct, frozen=True):
    """Who acts, and when (UTC, domain time)."""

    actor: Actor
    at: datetime


Decision = HazardEvent | Refusal


def decide(hazard: Hazard, command: Command, stamp: Stamp) -> Decision:
    """Return the event that records `command`, or why it is refused.

    Authority comes first (DOMAIN §10), then the life cycle (DOMAIN §3), then the command's own content.
    """
    move = MOVES[type(command)]
    grade = command.grade if isinstance(command, Confirm) else hazard.grade
    refusal = check_authority(stamp.actor, move, grade)
    if refusal is not None:
        return refusal
    target = TRANSITIONS.get((hazard.state, move))
    if target is None:
        return refusals.state_conflict(hazard.state, move)
    after = facts(hazard) if target is hazard.state else msgspec.structs.replace(facts(hazard), state=target)
    return _DECIDERS[type(command)](hazard, command, stamp, after)


def _confirm(_: Hazard, command: Confirm, stamp: Stamp, after: HazardFacts) -> Decision:
    today = stamp.at.astimezone(ZONE).date()
    if command.responsible_unit not in UNITS:
        return refusals.unknown_unit(command.responsible_unit)
    if command.deadline_on < today:
        return refusals.deadline_in_the_past(today)
    after = msgspec.structs.replace(
        after,
        grade=command.grade,
        responsible_unit=command.responsible_unit,
        deadline_on=command.deadline_on,
    )
    return HazardConfirmed(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        grade=command.grade,
        responsible_unit=command.responsible_unit,
        deadline_on=command.deadline_on,
        criterion=command.criterion,
    )


def _reject(_: Hazard, command: Reject, stamp: Stamp, after: HazardFacts) -> Decision:
    return HazardRejected(hazard=after, actor=stamp.actor, occurred_at=stamp.at, reason=command.reason)


def _plan(_: Hazard, command: Plan, stamp: Stamp, after: HazardFacts) -> Decision:
    return HazardPlanned(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        measures=command.measures,
        responsible_post=command.responsible_post,
    )


def _submit(hazard: Hazard, command: Submit, stamp: Stamp, after: HazardFacts) -> Decision:
    if hazard.grade is Grade.MAJOR and hazard.plan_digest is None:
        return refusals.plan_required()
    today = stamp.at.astimezone(ZONE).date()
    if command.completed_on > today:
        return refusals.completed_in_future(today)
    return HazardSubmitted(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        submitted_at=command.submitted_at,
        measures=command.measures,
        completed_on=command.completed_on,
        evidence=command.evidence,
    )


def _return(hazard: Hazard, command: Return, stamp: Stamp, after: HazardFacts) -> Decision:
    if stamp.actor.account == hazard.submitted_by:
        return refusals.submitter_may_not_review()
    return HazardReturned(hazard=after, actor=stamp.actor, occurred_at=stamp.at, reason=command.reason)


def _close(hazard: Hazard, command: Close, stamp: Stamp, after: HazardFacts) -> Decision:
    if stamp.actor.account == hazard.submitted_by:
        return refusals.submitter_may_not_review()
    return HazardClosed(hazard=after, actor=stamp.actor, occurred_at=stamp.at, review=command.review)


def _reopen(_: Hazard, command: Reopen, stamp: Stamp, after: HazardFacts) -> Decision:
    today = stamp.at.astimezone(ZONE).date()
    if command.deadline_on < today:
        return refusals.deadline_in_the_past(today)
    after = msgspec.structs.replace(after, deadline_on=command.deadline_on, overdue=False)
    return HazardReopened(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        reason=command.reason,
        deadline_on=command.deadline_on,
    )


def _extend(hazard: Hazard, command: Extend, stamp: Stamp, after: HazardFacts) -> Decision:
    today = stamp.at.astimezone(ZONE).date()
    if command.deadline_on < today:
        return refusals.deadline_in_the_past(today)
    if hazard.deadline_on is not None and command.deadline_on <= hazard.deadline_on:
        return refusals.deadline_not_later(hazard.deadline_on)
    after = msgspec.structs.replace(after, deadline_on=command.deadline_on, overdue=False)
    return HazardExtended(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        reason=command.reason,
        deadline_on=command.deadline_on,
    )


def _regrade(hazard: Hazard, command: Regrade, stamp: Stamp, after: HazardFacts) -> Decision:
    if hazard.grade is None or command.grade is hazard.grade:
        return refusals.same_grade()
    after = msgspec.structs.replace(after, grade=command.grade)
    return HazardRegraded(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        reason=command.reason,
        previous_grade=hazard.grade,
    )


def _mark_overdue(hazard: Hazard, command: MarkOverdue, stamp: Stamp, after: HazardFacts) -> Decision:
    """Note 督办逾期 unless it is stale: another deadline holds, it is noted, or 整改完成 came in time."""
    in_time = hazard.submitted_at is not None and hazard.submitted_at <= command.due_at
    answered = hazard.state in {HazardState.IN_REVIEW, HazardState.CLOSED} and in_time
    if hazard.overdue or hazard.deadline_on != command.deadline_on or answered:
        return refusals.state_conflict(hazard.state, Move.MARK_OVERDUE)
    after = msgspec.structs.replace(after, overdue=True)
    return HazardOverdue(hazard=after, actor=stamp.actor, occurred_at=stamp.at, deadline_on=command.deadline_on)


_DECIDERS: Final[Mapping[type[Command], Callable[[Hazard, Any, Stamp, HazardFacts], Decision]]] = MappingProxyType(
    {
        Confirm: _confirm,
        Reject: _reject,
        Plan: _plan,
        Submit: _submit,
        Return: _return,
        Close: _close,
        Reopen: _reopen,
        Extend: _extend,
        Regrade: _regrade,
        MarkOverdue: _mark_overdue,
    }
)
