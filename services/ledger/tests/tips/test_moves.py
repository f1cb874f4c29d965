"""The rules of a tip, on values: when it may be decided, told and answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.types import Enterprise
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june
from services.ledger.tests.people import HOME
from services.ledger.tests.telling import NOON
from services.ledger.tips import moves
from services.ledger.tips.model.tip import Tip, TipChannel, TipState
from services.ledger.tips.moves import AnswerReferrer, By, Done, Receive, Refute, Tell, Verify

BY = By(account="officer-1", at=NOON, today=june(1), zone="Asia/Shanghai")
FIRM = Enterprise(name="示例商场（虚构）")
VERIFY = Verify(visited_on=june(1), visit="已查", enterprise=FIRM, place="东街", description="出口堵塞")
DOINGS: dict[str, Callable[[Tip, By], Done | Refusal]] = {
    "verify": lambda tip, by: moves.verify(tip, VERIFY, by),
    "refute": lambda tip, by: moves.refute(tip, Refute(visited_on=june(1), visit="未见"), by),
    "tell": lambda tip, by: moves.tell(tip, Tell(told="已处理"), by),
    "answer": lambda tip, by: moves.answer(tip, AnswerReferrer(answer="已办结"), by),
}


def received(channel: TipChannel = TipChannel.REFERRAL) -> Tip:
    said = Receive(
        channel=channel,
        county=HOME,
        sector="fire_safety",
        place="东街",
        content="出口堵塞",
        answer_due_on=june(10) if channel is TipChannel.REFERRAL else None,
    )
    done = moves.receive(said, "tip-1", "JB-1", has_reporter=True, by=BY)
    assert not isinstance(done, Refusal)
    return done[0]


def code(said: Done | Refusal) -> str | None:
    return said.code if isinstance(said, Refusal) else None


@given(st.lists(st.sampled_from(sorted(DOINGS)), max_size=8))
def test_whatever_is_tried_a_tip_is_decided_once_and_told_only_after(tries: list[str]) -> None:
    tip, decided = received(), 0
    for number, name in enumerate(tries):
        by = By(account="officer-1", at=NOON + timedelta(minutes=number), today=june(1), zone="Asia/Shanghai")
        said = DOINGS[name](tip, by)
        if isinstance(said, Refusal):
            assert said.code == "tip-state-conflict"
            continue
        after, record = said
        decided += after.state is not tip.state
        assert (after.version, record.version, after.changed_at) == (tip.version + 1, tip.version + 1, by.at)
        tip = after
    assert decided <= 1
    assert (tip.state is not TipState.RECEIVED) == (tip.decided_at is not None)
    if tip.told_at or tip.answered_at:
        assert tip.state is not TipState.RECEIVED


def test_a_visit_of_tomorrow_was_no_visit() -> None:
    early = Refute(visited_on=june(2), visit="未见")
    assert code(moves.refute(received(), early, BY)) == "visited-in-future"


@pytest.mark.feature("SY33")
def test_a_referral_has_its_day_and_nothing_else_is_answered_upwards() -> None:
    without = Receive(channel=TipChannel.REFERRAL, county=HOME, sector="fire_safety", place="东街", content="堵塞")
    assert code(moves.receive(without, "tip-1", "JB-1", has_reporter=False, by=BY)) == "answer-day-required"
    told = moves.refute(received(TipChannel.HOTLINE), Refute(visited_on=june(1), visit="未见"), BY)
    assert not isinstance(told, Refusal)
    assert code(moves.answer(told[0], AnswerReferrer(answer="已办结"), BY)) == "no-answer-due"
