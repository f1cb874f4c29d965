"""What letters say: the city's templates, and the words they are given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateNotFound, UndefinedError
from msgspec.structs import replace

from duban_contracts.admissible.texts import fits_line, made_fit
from duban_contracts.events.supervision import SupervisionEvent
from duban_contracts.events.types import HazardState
from duban_contracts.vocabulary import UNITS
from services.notifications.directory.model import Directory
from services.notifications.letters.handlers.stationery import Stationery, Wording
from services.notifications.letters.kinds import KINDS
from services.notifications.letters.model.cause import Matter
from services.notifications.letters.model.kind import Writing
from services.notifications.letters.model.words import county_name, days_late, days_left, letter_words, term
from services.notifications.tests.world import DEADLINE, NOW, due_soon, overdue, told
from services.notifications.tests.writing import CITY, CONTACTS, STATIONERY, asked

WRITING = Writing(date(2026, 3, 8), CITY)
NUMBER = "晋市安委办督〔2026〕12号"


def written(event: SupervisionEvent, today: date = WRITING.today) -> Wording:
    [request] = asked(event)
    office = Directory.of(CONTACTS).addressee(request.matter.county, request.matter.unit)
    common = letter_words(request.matter, number=NUMBER, issuer=CONTACTS.issuer, office=office, writing=WRITING)
    return STATIONERY.write(request.kind.code, common | request.words(Writing(today, CITY)))


def test_an_urging_letter_says_all_a_document_must_say() -> None:
    body = written(overdue(unit="energy_bureau")).body
    for part in (
        NUMBER,
        "关于督促整改逾期事故隐患（JC-2026-000123）的函",
        "晋城市城区能源局：",
        "隐患编号：JC-2026-000123",
        "县级编号：AQ-1",
        "所在县（市、区）：城区",
        "行业领域：煤矿",
        "隐患等级：重大",
        "责任单位：能源局",
        "整改期限：2026年3月5日\n",
        "已逾期：3天",
        "晋城市安全生产委员会办公室\n",
        "2026年3月8日",
    ):
        assert part in body
    numbered, title = body.splitlines()[0], body.splitlines()[2]
    assert numbered.endswith("号")
    assert title.startswith("关于")


def test_a_prompt_reads_as_it_is_printed_to_the_last_line_end() -> None:
    assert (
        written(due_soon(unit="energy_bureau", reference="A&B <1>", days_left=0)).body
        == f"""{NUMBER}

关于事故隐患（JC-2026-000123）整改期限将至的提示函

晋城市城区能源局：

    下列事故隐患整改期限将至，现予提示。

    隐患编号：JC-2026-000123
    县级编号：A&B <1>
    所在县（市、区）：城区
    行业领域：煤矿
    隐患等级：重大事故隐患
    责任单位：能源局
    整改期限：2026年3月5日
    剩余时间：不足1天

    请督促隐患单位抓紧整改，在期限内报送整改完成情况；确需延期的，请在期限届满前按程序申请。

                                        晋城市安全生产委员会办公室
                                        2026年3月8日
"""
    )


def test_a_correction_names_the_wrong_day_and_the_right_one() -> None:
    letter = written(told(deadline_on=date(2026, 12, 5)).recalled(NOW, DEADLINE))
    assert letter.title == "关于更正事故隐患（JC-2026-000123）整改期限的函"
    assert "原整改期限：2026年3月5日（有误，作废）\n    更正后的整改期限：2026年12月5日\n" in letter.body


def test_lines_of_a_template_that_only_steer_leave_no_trace(tmp_path: Path) -> None:
    (tmp_path / "urging.title.j2").write_text("  {{ hazard_number }}\n")
    (tmp_path / "urging.text.j2").write_text("a\n  {% if hazard_number %}\nb\n  {% endif %}\nc\n")
    letter = Stationery(tmp_path, ["urging"]).write("urging", {"hazard_number": "1"})
    assert letter == Wording("1", "a\nb\nc\n")


def test_a_prompt_says_how_many_days_are_left_and_which_deadline_is_meant() -> None:
    letter = written(due_soon(days_left=3, deadline_number=2), date(2026, 3, 3))
    assert letter.title == "关于事故隐患（JC-2026-000123）整改期限将至的提示函"
    assert "整改期限：2026年3月5日（第2次确定）" in letter.body
    assert "剩余时间：3天" in letter.body


@pytest.mark.parametrize("told_by", [overdue, due_soon])
@given(text=st.text(max_size=60))
def test_a_countys_text_is_printed_and_never_run_as_a_template(
    told_by: Callable[..., SupervisionEvent], text: str
) -> None:
    body = written(told_by(reference="{{ 7*7 }}{% raw %}" + text)).body
    assert "{{ 7*7 }}{% raw %}" in body
    assert "49" not in body.replace(made_fit(text), "")


@given(reference=st.text(min_size=1, max_size=60).filter(fits_line))
def test_a_reference_stands_in_the_letter_as_the_county_wrote_it(reference: str) -> None:
    letter = written(overdue(reference=reference))
    assert reference in letter.body


def test_a_foreign_line_break_cant_forge_a_line_of_the_letter() -> None:
    body = written(overdue(reference="AQ-1\n    已逾期：0天\u2028x", number="JC-1\r\n")).body
    assert "县级编号：AQ-1\ufffd    已逾期：0天\ufffdx\n" in body
    assert "隐患编号：JC-1\ufffd\ufffd\n" in body


def test_a_template_that_invents_a_word_fails_loudly(tmp_path: Path) -> None:
    (tmp_path / "urging.title.j2").write_text("{{ hazard_number }}")
    (tmp_path / "urging.text.j2").write_text("{{ enterprise }}")
    with pytest.raises(UndefinedError):
        Stationery(tmp_path, ["urging"]).write("urging", {"hazard_number": "1"})


def test_a_kind_without_templates_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(TemplateNotFound):
        Stationery(tmp_path, [kind.code for kind in KINDS])


def test_a_letter_to_nobody_is_addressed_to_county_and_unit() -> None:
    matter = Matter(about=told().facts.as_subject(), county="140581", unit="fire_rescue")
    words = letter_words(matter, number=NUMBER, issuer="办公室", office=None, writing=WRITING)
    assert words == {
        "issuer": "办公室",
        "number": NUMBER,
        "addressee": "高平市消防救援支队/大队",
        "county": "高平市",
        "unit": "消防救援支队/大队",
        "date": "2026年3月8日",
    }


def test_what_is_not_published_is_shown_as_it_came_and_what_is_not_known_is_said_so() -> None:
    assert term(UNITS, "no\nsuch") == "no\ufffdsuch"
    assert term(UNITS, None) == "（未明确）"
    assert county_name(CITY, "999999") == "999999"


def test_a_letter_names_the_day_that_counts_why_it_moved_and_what_came_in() -> None:
    # Handed in on the 5th, the last day, and returned on the 10th: what was left ends with the 11th (UTC+8).
    told_so = overdue()
    moved = replace(
        told_so,
        due_at=datetime(2026, 3, 11, 16, tzinfo=UTC),
        last_day=date(2026, 3, 11),
        moved_by_review=True,
        returned_on=date(2026, 3, 10),
    )
    body = written(moved, date(2026, 3, 12)).body
    assert "整改期限：2026年3月11日（原定2026年3月5日，审核期间顺延）\n" in body
    assert "已逾期：1天\n" in body
    assert "报送的整改完成情况已于2026年3月10日退回，尚未收到重新报送，现予督促" in body
    # An event of an older scheduler has no last_day: it follows from the instant.
    older = replace(moved, last_day=None, moved_by_review=False, returned_on=None)
    body = written(older, date(2026, 3, 12)).body
    assert "整改期限：2026年3月11日（原定2026年3月5日，按工作日历调整）\n" in body
    assert "整改期限已届满，尚未收到整改完成情况，现予督促" in body


def test_a_prompt_counts_the_days_left_from_the_day_that_counts() -> None:
    moved = replace(due_soon(days_left=3), last_day=date(2026, 3, 11), moved_by_review=True)
    body = written(moved, date(2026, 3, 9)).body
    assert "整改期限：2026年3月11日（原定2026年3月5日，审核期间顺延）\n" in body
    assert "剩余时间：3天（含期限当日）" in body


def test_a_letter_about_what_was_handed_in_late_says_that_it_is_being_reviewed() -> None:
    body = written(overdue(state=HazardState.IN_REVIEW)).body
    assert "整改期限已届满，整改完成情况于期限届满后报送，正在审核，现予督促" in body


@pytest.mark.parametrize(("today", "days"), [(3, 3), (5, 1), (6, 0), (7, 0)])
def test_the_days_left_count_the_last_day_itself(today: int, days: int) -> None:
    assert days_left(date(2026, 3, 5), date(2026, 3, today)) == days


@pytest.mark.parametrize(("today", "days"), [(4, 1), (5, 1), (6, 1), (7, 2), (8, 3)])
def test_a_letter_that_says_late_says_how_many_calendar_days_at_least_one(today: int, days: int) -> None:
    assert days_late(date(2026, 3, 5), date(2026, 3, today)) == days
