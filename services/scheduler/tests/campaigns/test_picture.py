"""A plan's year as a picture: read as XML, and asked of the API."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

from services.scheduler.campaigns.model.gaps import PlanRow
from services.scheduler.campaigns.model.picture import picture
from services.scheduler.tests.office import NINE_ONES, Office

_SVG = "{http://www.w3.org/2000/svg}"


def row(duty_id: str, opens_on: date, due_on: date, **changed: Any) -> PlanRow:
    unit = changed.pop("unit", "fire_rescue")
    return PlanRow(
        duty_id, "drill", changed.pop("title", duty_id), opens_on, due_on, (unit,) if unit else (), **changed
    )


def drawn(*rows: PlanRow, year: int = 2024) -> ET.Element:
    return ET.fromstring(picture("任务表", year, rows))  # noqa: S314 - our own text


def texts(root: ET.Element) -> list[str]:
    return [str(each.text) for each in root.iter(f"{_SVG}text")]


def bars(root: ET.Element, name: str = "bar") -> list[tuple[float, float]]:
    found = [each for each in root.iter(f"{_SVG}rect") if each.get("class") == name]
    return [(float(each.get("x", "")), float(each.get("width", ""))) for each in found]


def months(root: ET.Element) -> list[ET.Element]:
    return [each for each in root.iter(f"{_SVG}rect") if each.get("class") == "month"]


def test_units_are_said_once_and_duties_stand_by_their_first_last_day() -> None:
    root = drawn(
        row("检查", date(2024, 4, 1), date(2024, 6, 30), unit="water_bureau"),
        row("演练", date(2024, 7, 1), date(2024, 7, 31)),
        row("会议", date(2024, 1, 1), date(2024, 1, 31)),
        row("定期", date(2024, 1, 1), date(2024, 12, 31), scheduled=False),
    )
    said = texts(root)[texts(root).index("工作任务") + 1 :]
    assert said == ["消防救援支队/大队", "会议", "演练", "定期", "没有写明日期", "水务/水利局", "检查"]


def test_a_duty_is_one_line_with_a_bar_for_each_occurrence_in_its_days() -> None:
    root = drawn(*(row("季度检查", date(2024, m, 1), date(2024, m + 2, 30)) for m in (1, 4, 7, 10)))
    assert texts(root).count("季度检查") == 1
    starts = [x for x, _ in bars(root)]
    assert len(starts) == 4
    assert {round(b - a) for a, b in itertools.pairwise(starts)} == {3 * 54}
    assert len(bars(root, "due")) == 4


def test_the_paper_ends_as_far_below_the_last_line_and_right_of_the_last_month_as_it_begins_left_of_the_first_word() -> (
    None
):
    for count in (1, 3):
        root = drawn(*(row(f"{n}", date(2024, 12, 1), date(2024, 12, 31)) for n in range(count)))
        margin = min(float(each.get("x", "")) for each in root.iter(f"{_SVG}text"))
        [(begins, width)] = bars(root)[-1:]
        assert float(root.get("width", "")) - (begins + width) == margin
        bar = next(each for each in reversed(list(root.iter(f"{_SVG}rect"))) if each.get("class") == "bar")
        last = float(bar.get("y", "")) + float(bar.get("height", ""))
        assert {float(each.get("y", "")) + float(each.get("height", "")) for each in months(root)} == {last + 5}
        assert float(root.get("height", "")) - (last + 5) == margin
        assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


def test_what_reaches_beyond_the_year_is_cut_at_it() -> None:
    winter = row("冬季检查", date(2023, 11, 1), date(2024, 3, 31))
    [(begun, width)] = bars(drawn(winter, year=2023))
    assert (round(width), bars(drawn(winter, year=2023), "due")) == (2 * 54, [])
    [(begins, _)] = bars(drawn(winter))
    assert (begun - begins, len(bars(drawn(winter), "due"))) == (10 * 54, 1)
    assert "本年没有安排" in texts(drawn(winter, year=2025))


def test_words_that_look_like_markup_are_text_and_long_ones_are_cut_but_not_lost() -> None:
    title = "<script>alert(1)</script>&" + "很长的任务名称" * 9
    root = drawn(row("d", date(2024, 2, 29), date(2024, 2, 29), title=title, unit=""))
    assert not list(root.iter(f"{_SVG}script"))
    assert any(each.endswith("…") and each.startswith("<script>") for each in texts(root))
    assert title in [each.text for each in root.iter(f"{_SVG}title")]
    assert "未明确" in texts(root)


async def test_the_year_of_the_nine_ones_shows_every_row(office: Office) -> None:
    await office.load(NINE_ONES)
    headers = office.headers(match="*")
    shown = await office.client.get("/v1/plans/nine-ones-2024/year.svg", headers=headers)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/svg+xml")
    assert len(bars(ET.fromstring(shown.text))) == 43  # noqa: S314 - our own text
    empty = await office.client.get("/v1/plans/nine-ones-2024/year.svg", params={"year": 2030}, headers=headers)
    assert "本年没有安排" in empty.text
    unknown = await office.client.get("/v1/plans/none/year.svg", headers=headers)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "plan-not-found")


def test_a_month_is_equally_wide_whatever_its_days_and_a_day_begins_where_the_one_before_ends() -> None:
    wide = [bars(drawn(row("月", date(2024, month, 1), last)))[0][1] for month, last in LAST_DAYS]
    assert max(wide) - min(wide) < 0.2
    [(_, first)], [(begins, _)] = (bars(drawn(row("日", day, day))) for day in (date(2024, 1, 1), date(2024, 1, 2)))
    assert first > 0
    assert begins > bars(drawn(row("日", date(2024, 1, 1), date(2024, 1, 1))))[0][0]


def test_a_row_of_one_day_says_that_day_and_one_of_several_from_when_to_when() -> None:
    day = date(2024, 5, 6)
    titles = {
        str(each.text) for each in drawn(row("会议", day, day), row("月", date(2024, 5, 1), day)).iter(f"{_SVG}title")
    }
    assert {"会议：2024-05-06", "月：2024-05-01 至 2024-05-06"} <= titles


LAST_DAYS = [(1, date(2024, 1, 31)), (2, date(2024, 2, 29)), (4, date(2024, 4, 30)), (12, date(2024, 12, 31))]
