"""The 309 recurring duties of the source documents, read with the example city's phrases."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import msgspec
import pytest

from duban_contracts.profile import load_city
from services.scheduler.duties.model.duty import Duty
from services.scheduler.duties.model.occasions import OccasionKind
from services.scheduler.duties.model.periods import Period
from services.scheduler.duties.model.readings import Reading
from services.scheduler.duties.model.rules import Deadline, Occasional, Quota, Recurrence, Season, Unscheduled
from services.scheduler.imports.handlers import load_phrases
from services.scheduler.imports.model.recurring import read_listing
from services.scheduler.imports.model.units import Phrase, Phrasebook
from services.scheduler.rosters.handlers import load_rosters
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.office import TABLES

RAW = msgspec.json.decode((TABLES / "recurring-duties.json").read_bytes())
PHRASES = load_phrases(PROFILE, load_rosters(PROFILE, load_city(PROFILE)))
READ = read_listing(RAW, 2024, PHRASES)
BY_ID = {duty.duty_id: duty for duty in READ.duties}


def entry(**changed: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": "x",
        "source_file": "S1",
        "item_no": 3,
        "who_zh": "市应急局",
        "what_zh": "演练",
        "type": "recurring",
        "frequency": "FREQ=MONTHLY;INTERVAL=3",
        "period": "P3M",
    }
    return fields | changed


def one(**changed: Any) -> Duty:
    read = read_listing({"duties": [entry(**changed)]}, 2024, PHRASES)
    assert read.errors == []
    [duty] = read.duties
    return duty


def test_all_309_are_read_each_by_the_rule_that_its_words_mean() -> None:
    assert READ.errors == []
    assert Counter(type(duty.rule).__name__ for duty in READ.duties) == {
        "Quota": 180,
        "Deadline": 83,
        "Occasional": 29,
        "Recurrence": 10,
        "Season": 6,
        "Unscheduled": 1,
    }
    assert sum(1 for duty in READ.duties if duty.kept_by == "scheduler") == 222
    assert len(READ.plans) == 11


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("rd-000-06", Quota(period=Period.QUARTER)),
        ("rd-000-05", Recurrence(rrule="FREQ=MONTHLY;BYMONTHDAY=-1")),
        ("rd-001-p6-06", Quota(period=Period.YEAR, count=4)),
        ("rd-001-p7-08", Quota(period=Period.TWO_MONTHS)),
        ("rd-001-p3-12", Quota(period=Period.FIVE_YEARS)),
        ("rd-001-p5-15", Season(opens="05-01", closes="10-31")),
        ("rd-001-p7-02", Deadline(due_on=date(2024, 6, 30))),
        ("rd-004-51", Recurrence(rrule="FREQ=MONTHLY;BYMONTHDAY=1")),
        ("rd-004-52", Recurrence(rrule="FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=5")),
        ("rd-004-45", Deadline(due_on=date(2026, 12, 31), opens_on=date(2026, 10, 1))),
        ("rd-001-p2-25", Unscheduled(words="日周月(未展开)")),
    ],
)
def test_printed_words_become_the_rule_that_they_mean(name: str, rule: object) -> None:
    assert BY_ID[name].rule == rule


def test_words_without_a_number_keep_their_print_and_say_what_was_read_into_them() -> None:
    vague = BY_ID["rd-001-p1-03"]
    assert (vague.rule, vague.printed) == (Quota(period=Period.QUARTER), "定期")
    assert "“定期”没有写明频次，按每季度计" in vague.assumed


def test_goals_without_a_date_sit_at_the_years_end_by_reading() -> None:
    goal = BY_ID["rd-001-p4-01"]
    assert goal.rule == Deadline(due_on=date(2024, 12, 31))
    assert Reading.YEAR_END in goal.assumed


def test_months_without_a_day_end_with_the_month_by_reading() -> None:
    school = BY_ID["rd-001-p7-10"]
    assert school.rule == Recurrence(rrule="FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=-1")
    assert Reading.UNTIL_LAST_DAY in school.assumed


def test_a_season_that_the_analyst_proposed_says_so() -> None:
    winter = BY_ID["rd-001-p1-16"]
    assert winter.rule == Season(opens="11-01", closes="03-31")
    assert "时段11-01至03-31为推定" in winter.assumed


def test_triggers_fire_at_holidays_and_events_by_their_words_and_else_by_hand() -> None:
    assert BY_ID["rd-000-17"].rule == Occasional(
        kinds=(OccasionKind.HOLIDAY, OccasionKind.EVENT), words="重大节日、重大活动、重要时段"
    )
    assert BY_ID["rd-001-p1-09"].rule == Occasional(kinds=(OccasionKind.OTHER,), words="入职或转岗")


def test_units_are_matched_by_alias_and_by_the_citys_phrases() -> None:
    assert (one(who_zh="市应急局").lead, one(who_zh="县级党委政府").per) == ("emergency_management", "counties")
    joint = one(who_zh="市安委办联合市委、市政府督查室")
    assert (joint.lead, joint.helpers) == ("safety_committee_office", ("party_gov_inspection_office",))
    assert Reading.FIRST_NAMED_LEADS in joint.assumed


def test_a_list_names_the_citys_units_with_or_without_the_city_in_front() -> None:
    for words in ("市公安局、市场监管局", "市公安局、场监管局", "公安局、市场监管局"):
        joint = one(who_zh=words)
        assert (joint.lead, joint.helpers) == ("public_security", ("market_regulation",)), words


def test_a_list_inside_brackets_is_one_name() -> None:
    assert one(who_zh="各县(市、区)").per == "counties"
    assert PHRASES.read("各县(市、区)、市应急局").unknown == ("各县(市、区)、市应急局",)


def test_what_no_document_says_a_unit_of_stays_without_one() -> None:
    nobody = Counter(duty.who for duty in READ.duties if duty.kept_by == "scheduler" and not duty.is_plannable)
    assert nobody == {
        "学校": 4,
        "市级": 3,
        "局际协调机制": 1,
        "市重点企业监管方": 1,
        "企地油气管道各方": 1,
        "县乡党委主要负责人": 1,
        "市、县": 1,
    }


def test_the_unknown_is_said_and_never_guessed() -> None:
    read = read_listing({"duties": [entry(who_zh="市飞碟局、市应急局")]}, 2024, PHRASES)
    assert [(each.cell, each.code, each.value) for each in read.findings] == [
        ("$.duties[0].who_zh", "unknown-unit", "市飞碟局")
    ]
    assert read.duties[0].lead is None


@pytest.mark.parametrize(
    ("fields", "cell", "code"),
    [
        ({"period": "P9M"}, "$.duties[0].period", "unreadable-rule"),
        ({"frequency": "FREQ=HOURLY;BYHOUR=3"}, "$.duties[0].frequency", "unreadable-rule"),
        ({"type": "deadline", "frequency": "2024-02-30"}, "$.duties[0].frequency", "unreadable-rule"),
        ({"type": "moonshine"}, "$.duties[0].type", "unreadable-rule"),
        ({"active_window": "冬春"}, "$.duties[0].active_window", "unreadable-rule"),
        ({"min_count": 0}, "$.duties[0].min_count", "wrong-cell"),
        ({"who_zh": ""}, "$.duties[0].who_zh", "wrong-cell"),
    ],
)
def test_a_wrong_entry_is_told_with_its_cell(fields: dict[str, Any], cell: str, code: str) -> None:
    read = read_listing({"duties": [entry(**fields)]}, 2024, PHRASES)
    assert [(each.cell, each.code) for each in read.errors] == [(cell, code)]


def test_an_id_that_stands_twice_is_told() -> None:
    read = read_listing({"duties": [entry(), entry()]}, 2024, PHRASES)
    assert [(each.cell, each.code) for each in read.errors] == [("$.duties[1].id", "repeated-row")]


def test_a_wording_that_two_phrases_claim_is_no_phrasebook() -> None:
    with pytest.raises(ValueError, match="各部门"):
        Phrasebook([Phrase(words=("各部门",), units=("transport",)), Phrase(words=("各部门",), roster="counties")])


@pytest.mark.parametrize(
    "fields", [{}, {"type": "vague", "suggested_default": "P3M", "printed_zh": "定期"}], ids=["recurring", "vague"]
)
def test_a_duty_is_asked_for_as_often_in_each_period_as_it_says_and_once_where_it_says_nothing(
    fields: dict[str, Any],
) -> None:
    assert one(**fields).rule == Quota(period=Period.QUARTER, count=1)
    assert one(**fields, min_count=3).rule == Quota(period=Period.QUARTER, count=3)
