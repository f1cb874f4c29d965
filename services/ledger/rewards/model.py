"""A reward and its rules: what it is worth, when it is held, who lets it go on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.types import Grade, LongText, ShortText
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.vocabulary import normalise


class RewardState(StrEnum):
    """Where a reward stands. What is held waits for a second officer."""

    DECIDED = "decided"
    HELD = "held"
    REFUSED = "refused"
    PAID = "paid"


STATES_ZH: Final = {
    RewardState.DECIDED: "已核定，待发放",
    RewardState.HELD: "疑似重复申领，待复核",
    RewardState.REFUSED: "不予发放",
    RewardState.PAID: "已发放",
}


class Why(StrEnum):
    """What a claim has in common with another of the same person."""

    HAZARD = "same_hazard"
    ENTERPRISE = "same_enterprise"


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified tip is about: enough to see that two are about the same. No field is a person's."""

    tip_id: str
    tip_number: str
    unit: str | None
    hazard_id: str
    enterprise_name: str
    enterprise_uscc: str | None


class Double(msgspec.Struct, frozen=True, kw_only=True):
    """Another claim of the same person: of which tip, in which department, and what the two have in common."""

    tip_number: str
    unit: str | None
    why: Why


class Reward(msgspec.Struct, frozen=True, kw_only=True):
    """What readers are shown of a reward; instants are UTC in domain time, the amount is in whole yuan."""

    reward_id: str
    version: int
    state: RewardState
    tip_id: str
    tip_number: str
    hazard_id: str
    hazard_number: str
    county: str
    township: str | None
    sector: str
    unit: str | None
    grade: Grade
    amount: int
    doubles: tuple[Double, ...]
    decided_by: str
    decided_at: datetime
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    paid_by: str | None = None
    paid_on: date | None = None
    voucher: str | None = None


class Resolve(msgspec.Struct, frozen=True, kw_only=True):
    """复核: whether a held reward is paid after all, and why."""

    pay: bool
    reason: LongText


class Pay(msgspec.Struct, frozen=True, kw_only=True):
    """发放: on which day, by which voucher. Neither names who received it."""

    paid_on: date
    voucher: Annotated[ShortText, Meta(description="number of the voucher, never a person's")]


def doubles(own: Matter, others: Iterable[Matter]) -> tuple[Double, ...]:
    """Return which claims of the same person are about the same hazard, or about the same enterprise (P2.30)."""
    found = []
    for other in others:
        why = _why(own, other)
        if why is not None:
            found.append(Double(tip_number=other.tip_number, unit=other.unit, why=why))
    return tuple(found)


def resolved(reward: Reward, said: Resolve, account: str, at: datetime) -> Reward | Refusal:
    """Return a held reward as a second officer decides it."""
    if reward.state is not RewardState.HELD:
        return _conflict(reward, "复核")
    if account == reward.decided_by:
        return refusal("reward-same-officer")
    return msgspec.structs.replace(
        reward,
        version=reward.version + 1,
        state=RewardState.DECIDED if said.pay else RewardState.REFUSED,
        resolved_by=account,
        resolved_at=at,
        resolution=said.reason,
    )


def paid(reward: Reward, said: Pay, account: str, today: date, zone: str) -> Reward | Refusal:
    """Return a reward as paid, once."""
    if reward.state is not RewardState.DECIDED:
        return _conflict(reward, "发放")
    if said.paid_on > today:
        return refusal("paid-in-future", field="paid_on", today=today.isoformat(), zone=zone)
    return msgspec.structs.replace(
        reward,
        version=reward.version + 1,
        state=RewardState.PAID,
        paid_by=account,
        paid_on=said.paid_on,
        voucher=said.voucher,
    )


def _conflict(reward: Reward, move: str) -> Refusal:
    return refusal("reward-state-conflict", rule=f"{reward.state}", state=STATES_ZH[reward.state], move=move)


def _why(own: Matter, other: Matter) -> Why | None:
    if own.hazard_id == other.hazard_id:
        return Why.HAZARD
    if own.enterprise_uscc is not None and other.enterprise_uscc is not None:
        return Why.ENTERPRISE if own.enterprise_uscc == other.enterprise_uscc else None
    same_name = normalise(own.enterprise_name) == normalise(other.enterprise_name)
    return Why.ENTERPRISE if same_name else None
