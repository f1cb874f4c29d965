"""What each kind of task of the example city records: right forms are taken, wrong ones are refused at their field."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from duban_contracts.profile import load_city
from services.scheduler.campaigns.model.nine_ones import INSPECTION_MEETING, MECHANISMS
from services.scheduler.experts.model import INSPECTIONS
from services.scheduler.imports.handlers import load_phrases
from services.scheduler.imports.model.entries import GENERAL
from services.scheduler.imports.model.recurring import read_listing
from services.scheduler.imports.model.three_year import read_campaigns
from services.scheduler.rosters.handlers import load_rosters
from services.scheduler.tasks.handlers.forms import load_forms
from services.scheduler.tasks.model.forms import figures_of
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.office import TABLES, Office

FORMS = load_forms(PROFILE)
MINE = "91140521XXXX00078M"
RIGHT: dict[str, dict[str, Any]] = {
    "plenary_meeting": {"held_on": "2024-12-20", "chair_post": "主任", "attended": 85, "decisions": ["部署年末检查"]},
    "office_meeting": {"held_on": "2024-03-28", "approved_by_post": "副主任", "heard": ["市能源局"]},
    "inspection_meeting": {"held_on": "2024-06-28", "inspections": 1, "invited": ["市人大", "市政协"]},
    "accountability_report": {"reported_by_post": "县（市、区）长", "hazards_found": 120, "hazards_closed": 118},
    "mutual_inspection": {"held_on": "2024-06-12", "visited_county": "140521", "sites": [MINE], "problems": 4},
    "public_notice": {"published_on": "2024-06-30", "cases": 3, "url": "https://example.cn/tongbao"},
    "contest": {"held_on": "2024-06-20", "trades": ["电工", "焊工"], "participants": 60},
    "assessment": {"county": "140502", "score": 92.5, "grade": "优秀", "problems": 6},
    "report": {"period": "2024-05", "found": 46, "closed": 44, "major_found": 1},
    "filing": {"document_number": "城政发〔2024〕8号", "issued_on": "2024-02-20", "items": 26, "list": "年度任务清单"},
    "enforcement": {"enterprise": MINE, "visited_on": "2024-07-02", "result": "责令限期整改", "found": 5},
    "patrol": {"patrolled": "某镇（虚构）", "started_on": "2024-09-02", "ended_on": "2024-09-13", "problems": 9},
    "campaign": {"publicity": 12, "patrols": 340, "persons": 900},
}
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("plenary_meeting", {"chair_post": "秘书长"}, "form.chair_post"),
    ("plenary_meeting", {"held_on": "12月20日"}, "form.held_on"),
    ("office_meeting", {"heard": []}, "form.heard"),
    ("inspection_meeting", {"invited": ["市妇联"]}, "form.invited[0]"),
    ("accountability_report", {"hazards_found": -1}, "form.hazards_found"),
    ("mutual_inspection", {"sites": ["煤矿"]}, "form.sites[0]"),
    ("mutual_inspection", {"visited_county": "沁水县"}, "form.visited_county"),
    ("public_notice", {"url": "见公众号"}, "form.url"),
    ("contest", {"participants": 0}, "form.participants"),
    ("assessment", {"score": 101}, "form.score"),
    ("report", {"found": "四十六"}, "form.found"),
    ("filing", {"items": 0}, "form.items"),
    ("enforcement", {"result": "口头提醒"}, "form.result"),
    ("patrol", {"inspector": "某人"}, "form"),
    ("campaign", {"persons": 1.5}, "form.persons"),
]


@pytest.mark.parametrize("kind", sorted(RIGHT))
def test_a_form_of_its_kind_is_taken_without_what_may_be_left_out(kind: str) -> None:
    assert FORMS.check(kind, RIGHT[kind]) is None
    for name in FORMS.by_kind[kind].schema["required"]:
        said = FORMS.check(kind, {key: value for key, value in RIGHT[kind].items() if key != name})
        assert said is not None
        assert said.code == "form-invalid"


@pytest.mark.parametrize(("kind", "changed", "field"), WRONG)
def test_a_wrong_value_is_refused_at_its_field(kind: str, changed: dict[str, Any], field: str) -> None:
    said = FORMS.check(kind, {**RIGHT[kind], **changed})
    assert said is not None
    assert (said.code, said.field) == ("form-invalid", field)


def test_every_kind_that_the_city_loads_or_that_inspects_has_a_form() -> None:
    phrases = load_phrases(PROFILE, load_rosters(PROFILE, load_city(PROFILE)))
    listing = read_listing(msgspec.json.decode((TABLES / "recurring-duties.json").read_bytes()), 2024, phrases)
    campaigns = read_campaigns(msgspec.json.decode((TABLES / "three-year-actions.json").read_bytes()), phrases)
    kinds = {duty.kind for duty in (*listing.duties, *campaigns.duties)} | MECHANISMS.keys() | INSPECTIONS
    assert kinds | {INSPECTION_MEETING, "accountability_report"} <= FORMS.by_kind.keys() | {GENERAL}


def test_no_form_asks_for_a_person() -> None:
    titles = [field["title"] for form in FORMS.by_kind.values() for field in form.schema["properties"].values()]
    assert not [title for title in titles if "姓名" in title and "不填" not in title]


def test_the_numbers_at_the_top_are_the_figures() -> None:
    assert figures_of(RIGHT["report"]) == {"found": 46, "closed": 44, "major_found": 1}


async def test_all_forms_are_shown_over_http(office: Office) -> None:
    shown = await office.ask("/v1/task-forms")
    assert {each["kind"] for each in shown["items"]} == FORMS.by_kind.keys()
    [report] = [each for each in shown["items"] if each["kind"] == "report"]
    assert report["title"] == "工作进展报送"
    assert report["schema"]["required"] == ["period", "found", "closed"]
