"""When two claims of one person are about the same, and who lets a flagged one go on: on values."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.types import Grade
from duban_contracts.policies import TipRewards
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june
from services.ledger.rewards.model import (
    Double,
    Matter,
    Pay,
    Resolve,
    Reward,
    RewardState,
    Why,
    doubles,
    paid,
    resolved,
)
from services.ledger.tests.people import HOME
from services.ledger.tests.telling import NOON

USCC, OTHER = "91140500MA0TEST001", "91140500MA0TEST002"


def matter(**fields: Any) -> Matter:
    return Matter(
        **{
            "tip_id": "t1",
            "tip_number": "JB-1",
            "unit": "fire_rescue",
            "hazard_id": "h1",
            "enterprise_name": "示例商场（虚构）",
            "enterprise_uscc": None,
            **fields,
        }
    )


def reward(state: RewardState, *found: Double) -> Reward:
    return Reward(
        reward_id="r1",
        version=1,
        state=state,
        tip_id="t1",
        tip_number="JB-1",
        hazard_id="h1",
        hazard_number="140502-2026-000001",
        county=HOME,
        township=None,
        sector="fire_safety",
        unit="fire_rescue",
        grade=Grade.MAJOR,
        amount=5000,
        doubles=found,
        decided_by="officer-1",
        decided_at=NOON,
    )


@pytest.mark.feature("SY35")
@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"hazard_id": "h1", "enterprise_name": "另一企业（虚构）"}, Why.HAZARD),
        ({"hazard_id": "h2"}, Why.ENTERPRISE),
        ({"hazard_id": "h2", "enterprise_name": " 示例商场(虚构) "}, Why.ENTERPRISE),
        ({"hazard_id": "h2", "enterprise_name": "另一企业（虚构）"}, None),
    ],
)
def test_two_claims_are_doubles_where_hazard_or_enterprise_is_the_same(other: dict[str, Any], why: Why | None) -> None:
    found = doubles(matter(), [matter(tip_id="t2", tip_number="JB-2", unit="housing_construction", **other)])
    expected = () if why is None else (Double(tip_number="JB-2", unit="housing_construction", why=why),)
    assert found == expected


def test_where_both_have_a_code_the_code_decides_and_not_the_name() -> None:
    own = matter(enterprise_uscc=USCC)
    assert doubles(own, [matter(hazard_id="h2", enterprise_uscc=OTHER)]) == ()
    assert doubles(own, [matter(hazard_id="h2", enterprise_uscc=USCC, enterprise_name="改了名（虚构）")])


@given(st.lists(st.tuples(st.sampled_from(["pay", "refuse", "paid"]), st.sampled_from(["officer-1", "officer-2"]))))
def test_whatever_is_tried_money_is_paid_once_and_a_flagged_claim_by_two_hands(tries: list[tuple[str, str]]) -> None:
    now = reward(RewardState.HELD, Double(tip_number="JB-2", unit=None, why=Why.HAZARD))
    payments = 0
    for what, account in tries:
        if what == "paid":
            said = paid(now, Pay(paid_on=june(1), voucher="凭证1"), account, june(1), "Asia/Shanghai")
        else:
            said = resolved(now, Resolve(pay=what == "pay", reason="已核对"), account, NOON)
        if isinstance(said, Refusal):
            continue
        payments += said.state is RewardState.PAID
        assert said.version == now.version + 1
        now = said
    assert payments <= 1
    assert now.state is RewardState.HELD or now.resolved_by == "officer-2"


def test_nothing_is_paid_tomorrow() -> None:
    decided = reward(RewardState.DECIDED)
    said = paid(decided, Pay(paid_on=june(2), voucher="凭证1"), "officer-1", june(1), "Asia/Shanghai")
    assert isinstance(said, Refusal)
    assert said.code == "paid-in-future"
    later = paid(decided, Pay(paid_on=june(2), voucher="凭证1"), "officer-1", june(1) + timedelta(days=1), "")
    assert isinstance(later, Reward)


def test_a_major_hazard_is_worth_more_than_a_general_one() -> None:
    rewards = msgspec.json.decode(b'{"general": 300, "major": 10000}', type=TipRewards)
    assert (rewards.of(Grade.GENERAL), rewards.of(Grade.MAJOR)) == (300, 10000)
    assert TipRewards().of(Grade.MAJOR) > TipRewards().of(Grade.GENERAL)


def test_what_is_done_with_a_reward_is_kept_whole_with_who_did_it() -> None:
    held = reward(RewardState.HELD, Double(tip_number="JB-2", unit=None, why=Why.HAZARD))
    for pay, state in ((True, RewardState.DECIDED), (False, RewardState.REFUSED)):
        said = resolved(held, Resolve(pay=pay, reason="已核对"), "officer-2", NOON)
        assert said == msgspec.structs.replace(
            held, version=2, state=state, resolved_by="officer-2", resolved_at=NOON, resolution="已核对"
        )
    decided = reward(RewardState.DECIDED)
    assert paid(decided, Pay(paid_on=june(1), voucher="凭证1"), "officer-1", june(1), "") == msgspec.structs.replace(
        decided, version=2, state=RewardState.PAID, paid_by="officer-1", paid_on=june(1), voucher="凭证1"
    )


def test_a_refusal_names_state_move_and_day() -> None:
    said = [
        resolved(reward(RewardState.PAID), Resolve(pay=True, reason="核对"), "officer-2", NOON),
        resolved(reward(RewardState.HELD), Resolve(pay=True, reason="核对"), "officer-1", NOON),
        paid(reward(RewardState.HELD), Pay(paid_on=june(1), voucher="凭证1"), "officer-1", june(1), ""),
        paid(reward(RewardState.DECIDED), Pay(paid_on=june(2), voucher="凭证1"), "officer-1", june(1), "Asia/Shanghai"),
    ]
    told = [each for each in said if isinstance(each, Refusal)]
    assert [(each.code, each.field) for each in told] == [
        ("reward-state-conflict", None),
        ("reward-same-officer", None),
        ("reward-state-conflict", None),
        ("paid-in-future", "paid_on"),
    ]
    assert [(each.message, each.rule) for each in told] == [
        ("奖励当前状态为“已发放”，不能复核", "paid"),
        ("疑似重复申领的奖励须由核定人以外的举报受理人员复核", "another officer than who decided looks at it again"),
        ("奖励当前状态为“疑似重复申领，待复核”，不能发放", "held"),
        ("发放日期不能晚于今天（2026-06-01）", "must not be after today (Asia/Shanghai)"),
    ]
