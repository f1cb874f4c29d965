"""The rules of a tip, on values: when it may be decided, told and answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.types import Enterprise
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june
from services.ledger.tests.people import HOME
from services.ledger.tests.telling import NOON
from services.ledger.tips import moves
from services.ledger.tips.model.tip import Doing, Tip, TipChannel, TipRecord, TipState
from services.ledger.tips.moves import (
    VISITED_BEFORE,
    AnswerReferrer,
    By,
    CorrectVerification,
    Done,
    Receive,
    Refute,
    Tell,
    Verify,
)
from services.ledger.vault.model.lookups import About

BY = By(account="officer-1", at=NOON, today=june(1), zone="Asia/Shanghai")
FIRM = Enterprise(name="示例商场（虚构）")
VERIFY = Verify(visited_on=june(1), visit="已查", enterprise=FIRM, place="东街", description="出口堵塞")
CORRECTION = CorrectVerification(
    visited_on=june(1), visit="重新核查", enterprise=FIRM, place="东街", description="出口堵塞"
)
DOINGS: dict[str, Callable[[Tip, By], Done | Refusal]] = {
    "verify": lambda tip, by: moves.verify(tip, VERIFY, by),
    "correct": lambda tip, by: moves.correct(tip, CORRECTION, by),
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


@pytest.mark.feature("SY33")
@pytest.mark.parametrize(
    ("day", "refused"),
    [
        (june(2), "visited-in-future"),
        (june(1), None),
        (june(1) - VISITED_BEFORE, None),
        (june(1) - VISITED_BEFORE - timedelta(days=1), "date-too-early"),
        (june(1).replace(year=2025), "date-too-early"),
    ],
)
def test_a_visit_was_neither_tomorrow_nor_long_before_the_tip(day: date, refused: str | None) -> None:
    tip, verification = received(), msgspec.structs.replace(VERIFY, visited_on=day)
    verified = moves.verify(tip, VERIFY, BY)
    assert not isinstance(verified, Refusal)
    for said in (
        moves.verify(tip, verification, BY),
        moves.refute(tip, Refute(visited_on=day, visit="未见"), BY),
        moves.correct(verified[0], msgspec.structs.replace(CORRECTION, visited_on=day), BY),
    ):
        assert code(said) == refused
        assert not isinstance(said, Refusal) or said.field == "visited_on"


@pytest.mark.feature("SY33")
def test_a_referral_has_its_day_and_nothing_else_is_answered_upwards() -> None:
    without = Receive(channel=TipChannel.REFERRAL, county=HOME, sector="fire_safety", place="东街", content="堵塞")
    assert code(moves.receive(without, "tip-1", "JB-1", has_reporter=False, by=BY)) == "answer-day-required"
    told = moves.refute(received(TipChannel.HOTLINE), Refute(visited_on=june(1), visit="未见"), BY)
    assert not isinstance(told, Refusal)
    assert code(moves.answer(told[0], AnswerReferrer(answer="已办结"), BY)) == "no-answer-due"


def test_what_is_done_to_a_tip_is_kept_whole_and_recorded_in_its_words() -> None:
    tip, later = received(), By(account="officer-2", at=NOON + timedelta(hours=1), today=june(1), zone="Asia/Shanghai")
    found = {name: doing(tip, later) for name, doing in DOINGS.items() if name in {"verify", "refute"}}
    for name, state, doing, words in (
        ("verify", TipState.VERIFIED, Doing.VERIFIED, "已查"),
        ("refute", TipState.UNFOUNDED, Doing.REFUTED, "未见"),
    ):
        assert found[name] == (
            msgspec.structs.replace(
                tip,
                version=2,
                state=state,
                visited_on=june(1),
                decided_at=later.at,
                decided_by="officer-2",
                changed_at=later.at,
            ),
            TipRecord(tip_id="tip-1", version=2, doing=doing, at=later.at, account="officer-2", text=words),
        )
    verified = found["verify"]
    assert not isinstance(verified, Refusal)
    day, correction = june(1) - timedelta(days=1), "重新核查"
    assert moves.correct(verified[0], msgspec.structs.replace(CORRECTION, visited_on=day), later) == (
        msgspec.structs.replace(verified[0], version=3, visited_on=day),
        TipRecord(tip_id="tip-1", version=3, doing=Doing.CORRECTED, at=later.at, account="officer-2", text=correction),
    )
    for name, field, doing, words in (
        ("tell", "told_at", Doing.TOLD, "已处理"),
        ("answer", "answered_at", Doing.ANSWERED, "已办结"),
    ):
        assert DOINGS[name](verified[0], later) == (
            msgspec.structs.replace(verified[0], version=3, changed_at=later.at, **{field: later.at}),
            TipRecord(tip_id="tip-1", version=3, doing=doing, at=later.at, account="officer-2", text=words),
        )
    hazard = moves.as_hazard(verified[0], "h-1", "140502-2026-000001")
    assert (hazard.hazard_id, hazard.hazard_number) == ("h-1", "140502-2026-000001")


def test_a_tip_is_received_with_every_word_of_its_intake() -> None:
    said = Receive(
        channel=TipChannel.REFERRAL,
        county=HOME,
        sector="fire_safety",
        place="东街",
        content="出口堵塞",
        township="140502001",
        enterprise=FIRM,
        unit="fire_rescue",
        source_number="省转7号",
        answer_due_on=june(10),
    )
    done = moves.receive(said, "tip-1", "JB-1", has_reporter=True, by=BY)
    assert not isinstance(done, Refusal)
    tip, record = done
    assert {name: getattr(tip, name) for name in said.__struct_fields__} == msgspec.structs.asdict(said)
    assert (tip.tip_id, tip.number, tip.version, tip.state, tip.has_reporter) == (
        "tip-1",
        "JB-1",
        1,
        TipState.RECEIVED,
        True,
    )
    assert (tip.received_at, tip.received_by, tip.changed_at) == (NOON, "officer-1", NOON)
    assert record == TipRecord(
        tip_id="tip-1", version=1, doing=Doing.RECEIVED, at=NOON, account="officer-1", text="出口堵塞"
    )
    assert tip.about == About(
        subject_id="tip-1", number="JB-1", county=HOME, township="140502001", sector="fire_safety"
    )


def test_what_is_refused_names_the_move_the_state_and_the_field() -> None:
    decided = moves.refute(received(), Refute(visited_on=june(1), visit="未见"), BY)
    assert not isinstance(decided, Refusal)
    early = Refute(visited_on=june(2), visit="未见")
    without = Receive(channel=TipChannel.REFERRAL, county=HOME, sector="fire_safety", place="东街", content="堵塞")
    for said, field, words in (
        (DOINGS["verify"](decided[0], BY), None, ("认定查证属实", "查无实据")),
        (DOINGS["refute"](decided[0], BY), None, ("认定查无实据", "查无实据")),
        (DOINGS["tell"](received(), BY), None, ("反馈结果", "待核查")),
        (DOINGS["answer"](received(), BY), None, ("答复上级", "待核查")),
        (moves.refute(received(), early, BY), "visited_on", ("2026-06-01", "Asia/Shanghai")),
        (moves.receive(without, "tip-1", "JB-1", has_reporter=False, by=BY), "answer_due_on", ()),
    ):
        assert isinstance(said, Refusal)
        assert said.field == field
        assert all(word in f"{said.message}{said.rule}" for word in words), said
