"""事故查处: measures are owed until another verified them, and only then the accident is evaluated. Rules on values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.accidents import AccidentEvent, AccidentGrade, AccidentState, MeasureState
from duban_contracts.events.types import Actor, Enterprise
from duban_contracts.policies import Accidents
from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import ZONE, june, local
from services.chassis.access.roles import Role
from services.ledger.accidents.model import Accident
from services.ledger.accidents.moves import (
    CLOSE,
    CORRECT,
    DONE,
    EVALUATE,
    RETURN,
    SET,
    VERIFY,
    CloseAccident,
    CorrectAccident,
    EvaluateAccident,
    Made,
    RegisterAccident,
    ReportDone,
    SendBack,
    SetFor,
    SetMeasure,
    VerifyMeasure,
    register_accident,
)
from services.ledger.accidents.moves.move import Move
from services.ledger.hazards.model.hand import Hand
from services.ledger.tests.telling import new_hazard

RULES: Final = Rules(zone=ZONE, accidents=Accidents(look_back_days=180))
REGISTER: Final = RegisterAccident(
    county="140502",
    sector="hazchem",
    enterprise=Enterprise(name="示例化工有限公司（虚构）"),
    place="一车间",
    happened_on=date(2026, 5, 20),
    grade=AccidentGrade.GENERAL,
    deaths=1,
    serious_injuries=2,
    course="反应釜超温，物料喷出。",
)
MEASURE: Final = SetMeasure(measure="加装联锁", unit="enterprise", post="生产副总经理", deadline_on=june(30))
CLOSING: Final = CloseAccident(document="城区政函〔2026〕3号", conclusion="责任事故")
CORRECTED: Final = CorrectAccident(grade=AccidentGrade.LARGER, deaths=3, serious_injuries=0, finding="三十日内补报")


def hand(account: str, role: Role = Role.COUNTY_REGULATOR, *, county: str | None = "140502", day: int = 1) -> Hand:
    return Hand(actor=Actor(account=account, role=role), county=county, at=local(day, 9), today=june(day))


ONE, TWO, THREE = (hand(f"bureau-{number}") for number in (1, 2, 3))
CITY: Final = hand("city-1", Role.CITY_REGULATOR, county=None)


def registered(by: Hand = ONE, **said: Any) -> Accident:
    made = register_accident(msgspec.structs.replace(REGISTER, **said), "a-1", "SG-140502-2026-001", by, RULES)
    assert isinstance(made, Made), made
    return made.accident


def act(accident: Accident, what: str, by: Hand, number: int = 1) -> Made | Refusal:
    moves: dict[str, Callable[[], Made | Refusal]] = {
        "set": lambda: SET.make(accident, SetFor(said=MEASURE), by, RULES),
        "done": lambda: DONE.make(accident, number, ReportDone(report="已加装"), by),
        "verify": lambda: VERIFY.make(accident, number, VerifyMeasure(finding="属实"), by),
        "return": lambda: RETURN.make(accident, number, SendBack(finding="未投用"), by),
        "close": lambda: CLOSE.make(accident, CLOSING, by, RULES),
        "correct": lambda: CORRECT.make(accident, CORRECTED, by, RULES),
        "evaluate": lambda: EVALUATE.make(accident, EvaluateAccident(conclusion="措施已落实"), by, RULES),
    }
    return moves[what]()


def after(accident: Accident, *steps: tuple[str, Hand]) -> Accident:
    for what, by in steps:
        made = act(accident, what, by)
        assert isinstance(made, Made), (what, made)
        accident = made.accident
    return accident


def code(said: object) -> str:
    assert isinstance(said, Refusal), said
    return said.code


@pytest.mark.feature("SY43")
def test_a_closed_accident_has_a_look_back_date_and_open_measures_until_it_is_evaluated() -> None:
    accident = after(registered(), ("set", ONE), ("close", ONE))
    assert (accident.state, accident.look_back_on, accident.open_measures) == ("closed", date(2026, 11, 28), 1)
    assert code(act(accident, "evaluate", TWO)) == "accident-measures-open"
    accident = after(accident, ("done", TWO), ("verify", ONE))
    assert accident.open_measures == 0
    # Neither who closed it nor who said that a measure was done finds that it was good.
    assert [code(act(accident, "evaluate", by)) for by in (ONE, TWO)] == ["own-accident"] * 2
    assert after(accident, ("evaluate", THREE)).state is AccidentState.EVALUATED


def test_who_says_that_a_measure_is_done_does_not_verify_it_and_what_is_sent_back_is_owed_again() -> None:
    accident = after(registered(), ("set", ONE), ("done", ONE))
    assert [code(act(accident, what, ONE)) for what in ("verify", "return")] == ["own-accident-measure"] * 2
    [waiting] = accident.measures
    assert not waiting.is_late(june(30) + timedelta(days=1))
    [owed] = after(accident, ("return", TWO)).measures
    assert [owed.is_late(day) for day in (june(30), june(30) + timedelta(days=1))] == [False, True]
    assert code(act(accident, "done", ONE)) == "accident-measure-conflict"
    assert code(act(accident, "done", ONE, number=2)) == "accident-measure-not-found"


def test_nothing_becomes_of_a_measure_once_the_accident_is_evaluated_and_the_answer_says_where_it_stands() -> None:
    evaluated = after(registered(), ("set", ONE), ("done", ONE), ("verify", TWO), ("close", TWO), ("evaluate", THREE))
    refused = act(evaluated, "return", ONE)
    assert code(refused) == "accident-state-conflict"
    assert isinstance(refused, Refusal)
    assert "已评估" in refused.message


def test_nothing_is_closed_without_measures_and_what_is_graver_is_the_citys() -> None:
    assert code(act(registered(), "close", ONE)) == "accident-without-measures"
    larger = after(registered(), ("set", ONE), ("correct", ONE))
    assert (larger.grade, larger.deaths) == ("larger", 3)
    assert code(act(larger, "close", ONE)) == "accident-city-decides"
    assert code(act(after(larger, ("close", CITY)), "correct", ONE)) == "accident-state-conflict"


def test_what_is_graver_is_made_less_grave_by_the_city_alone() -> None:
    larger = after(registered(), ("correct", ONE))

    def corrected(by: Hand, grade: AccidentGrade, deaths: int) -> Made | Refusal:
        said = CorrectAccident(grade=grade, deaths=deaths, serious_injuries=0, finding="复核")
        return CORRECT.make(larger, said, by, RULES)

    # The county would close it itself afterwards.
    assert code(corrected(ONE, AccidentGrade.GENERAL, 2)) == "accident-city-decides"
    lowered = corrected(CITY, AccidentGrade.GENERAL, 2)
    assert isinstance(lowered, Made)
    assert lowered.accident.grade == "general"
    for grade in (AccidentGrade.LARGER, AccidentGrade.MAJOR):
        told = corrected(ONE, grade, 4)
        assert isinstance(told, Made)
        assert told.accident.grade == grade


def test_a_move_declares_its_own_refusals_behind_those_of_the_state_and_of_who_decides() -> None:
    assert CORRECT.all_refusals == ("accident-state-conflict", "accident-grade-too-low", "accident-city-decides")
    assert CLOSE.all_refusals == ("accident-state-conflict", "accident-city-decides", "accident-without-measures")


def test_an_evaluation_is_late_once_its_day_is_over_and_only_while_it_is_owed() -> None:
    closed = after(registered(), ("set", ONE), ("close", ONE))
    last = date(2026, 11, 28)
    assert [closed.is_late(day) for day in (last, last + timedelta(days=1))] == [False, True]
    evaluated = after(closed, ("done", TWO), ("verify", ONE), ("evaluate", THREE))
    assert not any(each.is_late(date(2027, 1, 1)) for each in (registered(), evaluated))


def test_what_cannot_be_is_not_registered() -> None:
    def refused(by: Hand = ONE, **said: Any) -> str:
        return code(register_accident(msgspec.structs.replace(REGISTER, **said), "a", "n", by, RULES))

    assert refused(county="140521") == "accident-outside-area"
    assert refused(happened_on=june(2)) == "accident-day-in-future"
    assert refused(happened_on=date(1999, 12, 31)) == "accident-day-too-early"
    assert refused(deaths=3) == "accident-grade-too-low"
    assert registered(CITY, county="140521").county == "140521"


def test_a_measure_has_a_day_ahead_and_names_a_hazard_of_its_own_county() -> None:
    accident = registered()

    def refused(**said: Any) -> str:
        command = SetFor(said=msgspec.structs.replace(MEASURE, **said), hazard=elsewhere if not said else None)
        return code(SET.make(accident, command, ONE, RULES))

    elsewhere = msgspec.structs.replace(new_hazard(), county="140521")
    assert refused() == "accident-hazard-elsewhere"
    assert refused(deadline_on=date(2026, 5, 31)) == "deadline-in-the-past"
    assert refused(deadline_on=date(9999, 12, 31)) == "deadline-too-far"


MOVES: Final[Mapping[str, Move[Any]]] = {"set": SET, "close": CLOSE, "correct": CORRECT, "evaluate": EVALUATE}
STEPS: Final = st.lists(
    st.tuples(
        st.sampled_from(["set", "done", "verify", "return", "close", "evaluate", "correct"]),
        st.sampled_from([ONE, TWO, THREE, CITY]),
        st.integers(1, 3),
    ),
    max_size=30,
)


@pytest.mark.feature("SY43")
@given(STEPS)
def test_however_it_goes_no_accident_is_evaluated_while_a_measure_is_owed(steps: list[tuple[str, Hand, int]]) -> None:
    accident = registered()
    for what, by, number in steps:
        before, made = accident, act(accident, what, by, number)
        if isinstance(made, Refusal):
            assert what not in MOVES or made.code in MOVES[what].all_refusals
            continue
        accident = made.accident
        assert (accident.version, made.entry.version) == (before.version + 1, accident.version)
        assert isinstance(made.event, AccidentEvent)
        assert made.event.accident == accident.facts()
        assert [each.number for each in accident.measures] == list(range(1, len(accident.measures) + 1))
        assert (accident.look_back_on is None) == (accident.state is AccidentState.INVESTIGATED)
        assert accident.state is AccidentState.INVESTIGATED or accident.measures
        if what in ("verify", "return"):
            assert (before.measure(number) or accident.measures[0]).done_by != by.actor.account
        if accident.state is AccidentState.EVALUATED:
            assert all(each.state is MeasureState.VERIFIED for each in accident.measures)
            assert what == "evaluate"
            assert by.actor.account not in {accident.closed_by, *(each.done_by for each in accident.measures)}
            assert all(isinstance(act(accident, each, CITY), Refusal) for each in ("set", "done", "close", "evaluate"))
            return
