"""A plan as it is printed: as a workbook that can be loaded again, and as Markdown."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook

from services.scheduler.campaigns import http
from services.scheduler.campaigns.model.gaps import PlanRow
from services.scheduler.campaigns.model.printed import Line, lines_of, markdown, workbook
from services.scheduler.tests.office import NINE_ONES, Office


def row(title: str, month: int, who: str = "市应急管理局", leader: str = "各分管副市长") -> PlanRow:
    units = ("emergency_management", "fire_rescue")
    return PlanRow(title, "drill", title, date(2024, month, 1), date(2024, month, 28), units, who=who, leader=leader)


def test_months_are_said_once_and_works_are_numbered_in_each() -> None:
    lines = lines_of([row("演练二", 6), row("演练三", 7), row("演练一", 6)])
    assert [(line.month, line.work) for line in lines] == [
        ("2024-06", "1.演练一"),
        ("2024-06", "2.演练二"),
        ("2024-07", "1.演练三"),
    ]
    assert markdown("表", lines).splitlines()[2:] == [
        "| 时间 | 工作任务 | 责任单位 | 责任领导 |",
        "|---|---|---|---|",
        "| 6月 | 1.演练一 | 市应急管理局 | 各分管副市长 |",
        "|  | 2.演练二 | 市应急管理局 | 各分管副市长 |",
        "| 7月 | 1.演练三 | 市应急管理局 | 各分管副市长 |",
    ]


def test_a_month_is_merged_down_over_its_own_works_and_the_title_over_every_column() -> None:
    lines = lines_of([row(f"{n}", month) for month, count in ((3, 1), (6, 3), (7, 2), (8, 1)) for n in range(count)])
    sheet = load_workbook(BytesIO(workbook("表", lines))).active
    assert sheet is not None
    merged = {str(each) for each in sheet.merged_cells.ranges}
    assert merged - {"A3", "A9"} == {"A1:D1", "A4:A6", "A7:A8"}


def test_units_that_are_not_printed_stand_by_their_names() -> None:
    [line] = lines_of([row("演练", 6, who="")])
    assert line.units == "应急管理局、消防救援支队/大队"


def test_what_looks_like_a_formula_or_a_column_is_text() -> None:
    lines = lines_of([row("演练", 6, leader="=1+1", who="甲|乙")])
    sheet = load_workbook(BytesIO(workbook("表", lines))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[3]] == ["6月", "1.演练", "甲|乙", "'=1+1"]
    assert "甲\\|乙" in markdown("表", lines)


async def test_the_table_of_2024_is_printed_and_loads_again_as_it_was(office: Office) -> None:
    await office.load(NINE_ONES)
    headers = office.headers(match="*")
    printed = await office.client.get("/v1/plans/nine-ones-2024/table.xlsx", headers=headers)
    assert printed.status_code == 200
    again = await office.tell("/v1/imports", content=printed.content, dry_run=True)
    assert (again["duties_created"], len(again["duties_changed"]) + len(again["duties_unchanged"])) == ([], 43)
    june = await office.client.get("/v1/plans/nine-ones-2024/table.md", params={"month": "2024-06"}, headers=headers)
    assert len([line for line in june.text.splitlines() if line.startswith("|")]) == 2 + 7
    assert (
        "| 6月 | 1.安全生产典型案例和违法行为查处情况公开通报(上半年) | 安委会各成员单位 | 各分管副市长 |" in june.text
    )
    unknown = await office.client.get("/v1/plans/none/table.md", headers=headers)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "plan-not-found")


async def test_the_table_is_printed_beside_the_event_loop(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    printers: list[threading.Thread] = []

    def noted(title: str, lines: Sequence[Line]) -> bytes:
        printers.append(threading.current_thread())
        return workbook(title, lines)

    monkeypatch.setattr(http, "workbook", noted)
    await office.load(NINE_ONES)
    printed = await office.client.get("/v1/plans/nine-ones-2024/table.xlsx", headers=office.headers(match="*"))
    assert (printed.status_code, len(printers)) == (200, 1)
    assert printers[0] is not threading.current_thread()
