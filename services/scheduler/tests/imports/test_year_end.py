"""The meeting at the year's end, in a table that has one: it awaits the reports of every county and member (SY10)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import msgspec
import pytest
from openpyxl import Workbook

from services.chassis.web.files import sheets_of
from services.scheduler.imports.model.nine_ones import read_table
from services.scheduler.imports.model.units import Phrasebook
from services.scheduler.imports.model.workbook import read_workbook
from services.scheduler.tasks.handlers.open_windows import open_windows
from services.scheduler.tests.office import NINE_ONES, Office

MEETING = "no-2024-12-7"
REPORTS = "no-2024-reports"
ROW = {
    "month": 12,
    "seq": 7,
    "title_zh": "市安委会年底全体会议",
    "kind": "plenary_meeting",
    "lead_units": ["市安委办"],
    "lead_unit_codes": ["safety_committee_office"],
}

REPORTED = {"summary": "已述职述责"}
REVIEW = {"review": "纪要齐全"}
HELD = {
    "summary": "已召开",
    "evidence": [{"name": name, "sha256": "0" * 64, "demand": name} for name in ("议程", "会议纪要")],
}


def table(*rows: dict[str, Any]) -> Any:
    """Return the printed table of 2024 with these rows behind its own."""
    printed = msgspec.json.decode(NINE_ONES.read_bytes())
    return printed | {"rows": [*printed["rows"], *rows]}


def test_the_printed_table_has_no_such_meeting_and_asks_for_no_reports() -> None:
    read = read_table(table(), Phrasebook())
    assert (len(read.duties), [duty.duty_id for duty in read.duties if duty.awaits]) == (43, [])


def test_a_plenary_in_december_awaits_a_report_of_each_county_and_member() -> None:
    read = read_table(table(ROW), Phrasebook())
    assert read.errors == []
    assert {duty.duty_id: duty.awaits for duty in read.duties if duty.awaits} == {MEETING: (REPORTS,)}
    [reports] = [duty for duty in read.duties if duty.duty_id == REPORTS]
    [meeting] = [duty for duty in read.duties if duty.duty_id == MEETING]
    assert (reports.per, reports.rule, reports.lead) == ("counties_and_members", meeting.rule, None)
    assert reports.assumed


def test_a_workbook_with_that_row_says_the_same() -> None:
    book, content = Workbook(), BytesIO()
    sheet = book.worksheets[0]
    for line in (
        ["2024年任务分解表"],
        ["时间", "工作任务", "责任单位"],
        ["12月", "1.召开市安委会全体会议。", "市安委办"],
    ):
        sheet.append(line)
    book.save(content)
    read = read_workbook(sheets_of(content.getvalue(), enough=10), None, Phrasebook())
    assert [(duty.duty_id, duty.awaits) for duty in read.duties] == [
        ("no-2024-12-1", (REPORTS,)),
        (REPORTS, ()),
    ]


@pytest.mark.feature("SY10")
@pytest.mark.feature("SY02")
async def test_a_loaded_year_end_meeting_is_incomplete_until_every_county_and_member_has_filed(office: Office) -> None:
    body = msgspec.json.encode(table(ROW))
    report = await office.tell("/v1/imports", content=body)
    assert (report["warnings"], len(report["duties_created"])) == ([], 45)
    gaps = await office.ask("/v1/plans/nine-ones-2024/gaps", severity="hard")
    assert Counter(gap["code"] for gap in gaps["items"]) == {"quota-short": 1, "follow-up-missing": 1}
    reports = await office.tasks(REPORTS)
    roster = await office.ask("/v1/rosters/counties_and_members", on="2024-12-01")
    assert {task["member_code"] for task in reports} == {each["code"] for each in roster["members"]}
    assert Counter(task["county"] == "140500" for task in reports) == {True: 79, False: 6}
    office.clock.set(datetime(2024, 12, 20, 1, tzinfo=UTC))
    while await open_windows(office.database, taskbook=office.planner.taskbook):
        pass
    [meeting] = await office.tasks(MEETING)
    await office.tell(f"/v1/tasks/{meeting['task_id']}/submit", HELD)
    *others, last = reports
    for task in others:
        await office.tell(f"/v1/tasks/{task['task_id']}/submit", REPORTED)
    refused = await office.tell(f"/v1/tasks/{meeting['task_id']}/accept", REVIEW, who="director", status=409)
    assert refused["code"] == "task-incomplete"
    await office.tell(f"/v1/tasks/{last['task_id']}/submit", REPORTED)
    done = await office.tell(f"/v1/tasks/{meeting['task_id']}/accept", REVIEW, who="director")
    assert done["state"] == "accepted"
