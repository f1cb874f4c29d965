"""What moves record and what they refuse, word for word."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from duban_contracts.events.hazards import HazardConfirmed, HazardCorrected, HazardRegistered, HazardSubmitted
from duban_contracts.events.types import Actor, Channel, Enterprise, Evidence, Grade, StopKind
from duban_contracts.refusals import Refusal
from services.ledger.hazards.model import Hazard, evolve, facts
from services.ledger.hazards.moves import Correct, CorrectDeadline, Extend, Resume, register
from services.ledger.tests.hazards.taken import MERGE, STOP
from services.ledger.tests.telling import (
    CITY,
    CLOSE,
    CONFIRM,
    COUNTY,
    DUE,
    ENTERPRISE,
    FIRST,
    LIST,
    MACHINE,
    MAJOR,
    OFFICE,
    REGISTER,
    SUBMIT,
    TODAY,
    by,
    confirmed,
    does,
    new_hazard,
    refused,
    said,
)

TOMORROW = TODAY + timedelta(days=1)
YESTERDAY = TODAY - timedelta(days=1)
IN_USE = does(confirmed(), (STOP, COUNTY), (SUBMIT, COUNTY))
STOPPED = does(confirmed(), (msgspec.structs.replace(STOP, kind=StopKind.PRODUCTION), COUNTY))
OWN = does(new_hazard(Channel.SELF_REPORT), (FIRST, ENTERPRISE), (MAJOR, CITY))


@pytest.mark.parametrize(
    ("hazard", "command", "actor", "words"),
    [
        (
            new_hazard(),
            CONFIRM,
            ENTERPRISE,
            Refusal(
                "role-not-allowed",
                "当前岗位无权确认",
                None,
                "the role must be one of city_regulator, county_regulator",
            ),
        ),
        (
            new_hazard(),
            MAJOR,
            COUNTY,
            Refusal(
                "city-regulator-required",
                "重大事故隐患须由市级监管部门确认",
                "grade",
                "major hazards are decided by a city regulator",
            ),
        ),
        (
            new_hazard(),
            msgspec.structs.replace(CONFIRM, responsible_unit="alchemists"),
            CITY,
            Refusal(
                "unknown-term",
                "不是已发布的单位代码",
                "responsible_unit",
                "must be a code of the vocabulary units",
            ),
        ),
        (
            new_hazard(),
            msgspec.structs.replace(CONFIRM, deadline_on=YESTERDAY),
            CITY,
            Refusal(
                "deadline-in-the-past",
                "期限不能早于今天（2026-06-01）",
                "deadline_on",
                "must not be before today (Asia/Shanghai)",
            ),
        ),
        (
            confirmed(),
            Extend(reason="x", deadline_on=DUE),
            CITY,
            Refusal(
                "deadline-not-later",
                "延期后的期限必须晚于现有期限（2026-06-11）",
                "deadline_on",
                "must be after the present deadline",
            ),
        ),
        (
            confirmed(),
            CorrectDeadline(reason="x", deadline_on=DUE),
            CITY,
            Refusal(
                "same-deadline",
                "更正后的期限与现有期限（2026-06-11）相同",
                "deadline_on",
                "must differ from the present deadline",
            ),
        ),
        (
            confirmed(),
            msgspec.structs.replace(SUBMIT, completed_on=TOMORROW),
            ENTERPRISE,
            Refusal(
                "completed-in-future",
                "整改完成日期不能晚于今天（2026-06-01）",
                "completed_on",
                "must not be after today (Asia/Shanghai)",
            ),
        ),
    ],
    ids=lambda value: value.code if isinstance(value, Refusal) else "",
)
def test_a_refusal_says_in_both_languages_what_was_expected(
    hazard: Hazard, command: msgspec.Struct, actor: Actor, words: Refusal
) -> None:
    assert refused(hazard, command, actor) == words


@pytest.mark.parametrize(
    ("hazard", "command", "actor", "message"),
    [
        # A listing has a deadline of its own, 督办期限.
        (
            confirmed(Grade.MAJOR),
            msgspec.structs.replace(LIST, deadline_on=YESTERDAY),
            OFFICE,
            "期限不能早于今天（2026-06-01）",
        ),
        (IN_USE, Resume(review="合格"), COUNTY, "整改完成的提交人不得审核本条隐患，请由其他监管人员准予恢复"),
        (OWN, FIRST, ENTERPRISE, "隐患已是该等级，无需一级确认"),
        (IN_USE, STOP, CITY, "负有安全生产监督管理职责的部门已以城应急停〔2026〕1号责令停止使用，尚未准予恢复"),
        (IN_USE, CLOSE, CITY, "负有安全生产监督管理职责的部门以城应急停〔2026〕1号责令停止使用，准予恢复前不得销号"),
        (STOPPED, STOP, CITY, "负有安全生产监督管理职责的部门已以城应急停〔2026〕1号责令停产停业，尚未准予恢复"),
        (STOPPED, MERGE, CITY, "140502-2026-000002 不能代替本条：本条正被责令停产停业"),
    ],
)
def test_a_message_names_what_it_is_about(hazard: Hazard, command: msgspec.Struct, actor: Actor, message: str) -> None:
    assert refused(hazard, command, actor).message == message


def test_a_report_is_recorded_with_everything_it_says() -> None:
    told = msgspec.structs.replace(REGISTER, suggested_grade=Grade.MAJOR, doubts=("uscc_check_character",))
    event = register(told, by(MACHINE))
    assert isinstance(event, HazardRegistered)
    assert (event.suggested_grade, event.township, event.reported_at) == (Grade.MAJOR, "东街街道", event.occurred_at)
    hazard = evolve(None, event)
    assert (hazard.suggested_grade, hazard.township, hazard.township_code) == (Grade.MAJOR, "东街街道", "140502001")
    assert facts(hazard) == event.hazard
    assert event.hazard.doubts == ("uscc_check_character",)
    assert event.hazard.enterprise_uscc == "91140502MA0EXAMP04"


def test_a_correction_takes_the_enterprise_as_it_is_told_now() -> None:
    other = Enterprise(name="另一家（虚构）", uscc="91350100M000100Y43")
    command = Correct(
        channel=REGISTER.channel,
        sector="coal_mine",
        enterprise=other,
        place="新址",
        description="新述",
        found_on=TODAY,
        township_code="140502002",
        doubts=("uscc_placeholder",),
    )
    event = said(new_hazard(), command, by(MACHINE))
    assert isinstance(event, HazardCorrected)
    assert event.enterprise == other
    after = event.hazard
    assert (after.enterprise_uscc, after.sector, after.township, after.doubts) == (
        other.uscc,
        "coal_mine",
        "140502002",
        ("uscc_placeholder",),
    )


def test_a_confirmation_names_the_criterion_by_which_it_grades() -> None:
    event = said(new_hazard(), msgspec.structs.replace(CONFIRM, criterion="第三条第二项"), by(CITY))
    assert isinstance(event, HazardConfirmed)
    assert event.criterion == "第三条第二项"


def test_what_was_mended_keeps_its_proof() -> None:
    proof = Evidence(name="整改后.jpg", sha256="a" * 64)
    event = said(confirmed(), msgspec.structs.replace(SUBMIT, evidence=(proof,)), by(ENTERPRISE))
    assert isinstance(event, HazardSubmitted)
    assert event.evidence == (proof,)
