"""Every step of an accident leaves a line in its history and an event, which say what was said, by whom and when."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec
import pytest

from duban_contracts.events import accidents as events
from duban_contracts.events.accidents import AccidentEvent, AccidentGrade, AccidentMeasure, AccidentState, MeasureState
from duban_contracts.events.types import Actor, Enterprise
from duban_contracts.policies import Accidents
from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import ZONE, june, local
from services.chassis.access.roles import Role
from services.ledger.accidents.model import Accident, AccidentEntry
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
from services.ledger.hazards.model.hand import Hand
from services.ledger.tests.telling import new_hazard

pytestmark = pytest.mark.feature("SY43")

RULES: Final = Rules(zone=ZONE, accidents=Accidents(look_back_days=180))
ENTERPRISE: Final = Enterprise(name="示例化工有限公司（虚构）")
REGISTER: Final = RegisterAccident(
    county="140502",
    sector="hazchem",
    enterprise=ENTERPRISE,
    place="一车间",
    happened_on=date(2026, 5, 20),
    grade=AccidentGrade.GENERAL,
    deaths=1,
    serious_injuries=2,
    course="反应釜超温，物料喷出。",
)
MEASURE: Final = SetMeasure(measure="加装联锁", unit="enterprise", post="生产副总经理", deadline_on=june(30))


def hand(day: int) -> Hand:
    """Return another account for each day."""
    actor = Actor(account=f"bureau-{day}", role=Role.COUNTY_REGULATOR, unit="emergency_management")
    return Hand(actor=actor, county="140502", at=local(day, 9), today=june(day))


def made(said: Made | Refusal) -> Made:
    assert isinstance(said, Made), said
    return said


def registered() -> Made:
    return made(register_accident(REGISTER, "a-1", "SG-140502-2026-001", hand(1), RULES))


def owed() -> Accident:
    return made(SET.make(registered().accident, SetFor(said=MEASURE), hand(2), RULES)).accident


def done() -> Accident:
    return made(DONE.make(owed(), 1, ReportDone(report="已加装"), hand(3))).accident


def closed() -> Accident:
    verified = made(VERIFY.make(done(), 1, VerifyMeasure(finding="属实"), hand(4))).accident
    return made(
        CLOSE.make(verified, CloseAccident(document="城区政函〔2026〕3号", conclusion="责任事故"), hand(5), RULES)
    ).accident


def says(found: Made, day: int, move: str, text: str, kind: type[AccidentEvent], **said: Any) -> None:
    by, measure = hand(day), said.get("measure")
    assert found.entry == AccidentEntry(
        version=found.accident.version,
        move=move,
        at=by.at,
        by=by.actor.account,
        unit="emergency_management",
        measure=measure and measure.number,
        text=text,
    )
    assert found.event == kind(accident=found.accident.facts(), actor=by.actor, occurred_at=by.at, **said)


def test_a_registered_accident_is_what_was_said_of_it_under_its_own_number() -> None:
    found = registered()
    assert found.accident == Accident(
        accident_id="a-1",
        number="SG-140502-2026-001",
        county="140502",
        sector="hazchem",
        enterprise=ENTERPRISE,
        place="一车间",
        happened_on=date(2026, 5, 20),
        grade=AccidentGrade.GENERAL,
        deaths=1,
        serious_injuries=2,
        course=REGISTER.course,
        version=1,
    )
    says(found, 1, "register", REGISTER.course, events.AccidentRegistered, course=REGISTER.course)


def test_a_correction_says_why_and_changes_grade_and_counts_alone() -> None:
    before = registered().accident
    command = CorrectAccident(grade=AccidentGrade.LARGER, deaths=3, serious_injuries=1, finding="三十日内补报")
    found = made(CORRECT.make(before, command, hand(2), RULES))
    assert found.accident == msgspec.structs.replace(
        before, grade=AccidentGrade.LARGER, deaths=3, serious_injuries=1, version=2
    )
    says(found, 2, "correct", "三十日内补报", events.AccidentCorrected, finding="三十日内补报")


@pytest.mark.parametrize("about", [None, new_hazard()], ids=["of no hazard", "of a hazard"])
def test_a_measure_is_set_as_it_was_said_and_names_its_hazard(about: Any) -> None:
    found = made(SET.make(owed(), SetFor(said=MEASURE, hazard=about), hand(3), RULES))
    measure = AccidentMeasure(
        number=2,
        measure="加装联锁",
        unit="enterprise",
        post="生产副总经理",
        deadline_on=june(30),
        state=MeasureState.OPEN,
        hazard_id=about and about.hazard_id,
        hazard_number=about and about.number,
    )
    assert [each.told() for each in found.accident.measures] == [owed().measures[0].told(), measure]
    says(found, 3, "measures", "加装联锁", events.AccidentMeasureSet, measure=measure)


def test_a_measure_that_is_done_waits_and_says_who_did_it() -> None:
    found = made(DONE.make(owed(), 1, ReportDone(report="已加装"), hand(3)))
    [measure] = found.accident.measures
    assert (measure.state, measure.done_by) == (MeasureState.DONE, "bureau-3")
    says(found, 3, "done", "已加装", events.AccidentMeasureDone, measure=measure.told(), report="已加装")


def test_who_verifies_a_measure_or_sends_it_back_says_what_was_found_and_not_who_did_it() -> None:
    verified = made(VERIFY.make(done(), 1, VerifyMeasure(finding="属实"), hand(4)))
    returned = made(RETURN.make(done(), 1, SendBack(finding="未投用"), hand(4)))
    for found, move, text, kind, state in (
        (verified, "verify", "属实", events.AccidentMeasureVerified, MeasureState.VERIFIED),
        (returned, "return", "未投用", events.AccidentMeasureReturned, MeasureState.OPEN),
    ):
        [measure] = found.accident.measures
        assert (measure.state, measure.done_by) == (state, "bureau-3")
        says(found, 4, move, text, kind, measure=measure.told(), finding=text)


def test_a_closed_accident_names_its_document_its_day_and_who_closed_it() -> None:
    found = made(CLOSE.make(owed(), CloseAccident(document="3号", conclusion="责任事故"), hand(5), RULES))
    assert found.accident == msgspec.structs.replace(
        owed(),
        state=AccidentState.CLOSED,
        document="3号",
        closed_by="bureau-5",
        look_back_on=date(2026, 12, 2),
        version=3,
    )
    says(found, 5, "close", "责任事故", events.AccidentClosed, document="3号", conclusion="责任事故")


def test_an_evaluated_accident_says_what_came_of_it() -> None:
    found = made(EVALUATE.make(closed(), EvaluateAccident(conclusion="措施已落实"), hand(6), RULES))
    assert found.accident == msgspec.structs.replace(closed(), state=AccidentState.EVALUATED, version=6)
    says(found, 6, "evaluate", "措施已落实", events.AccidentEvaluated, conclusion="措施已落实")


def test_a_refused_step_names_its_field_and_what_would_hold() -> None:
    def told(said: Made | Refusal) -> tuple[str, str | None, str]:
        assert isinstance(said, Refusal), said
        return said.code, said.field, f"{said.message}{said.rule}"

    def registering(**changed: Any) -> tuple[str, str | None, str]:
        command = msgspec.structs.replace(REGISTER, **changed)
        return told(register_accident(command, "a-1", "n-1", hand(1), RULES))

    def setting(**changed: Any) -> tuple[str, str | None, str]:
        command = SetFor(said=msgspec.structs.replace(MEASURE, **changed))
        return told(SET.make(registered().accident, command, hand(2), RULES))

    elsewhere = SetFor(said=MEASURE, hazard=msgspec.structs.replace(new_hazard(), county="140521"))
    for (code, field, words), (wanted, at, holds) in (
        (registering(county="140521"), ("accident-outside-area", "county", "")),
        (registering(happened_on=june(2)), ("accident-day-in-future", "happened_on", "2026-06-01")),
        (registering(happened_on=date(1900, 1, 1)), ("accident-day-too-early", "happened_on", "2000-01-01")),
        (registering(deaths=3), ("accident-grade-too-low", "grade", "较大")),
        (setting(deadline_on=june(1)), ("deadline-in-the-past", "deadline_on", "2026-06-02")),
        (setting(deadline_on=date(2999, 1, 1)), ("deadline-too-far", "deadline_on", "20")),
        (told(SET.make(registered().accident, elsewhere, hand(2), RULES)), ("accident-hazard-elsewhere", "hazard", "")),
        (
            told(EVALUATE.make(owed_and_closed(), EvaluateAccident(conclusion="x"), hand(6), RULES)),
            ("accident-measures-open", None, "1"),
        ),
    ):
        assert (code, field) == (wanted, at)
        assert holds in words
        assert "None" not in words


def owed_and_closed() -> Accident:
    return made(CLOSE.make(owed(), CloseAccident(document="3号", conclusion="责任事故"), hand(5), RULES)).accident
