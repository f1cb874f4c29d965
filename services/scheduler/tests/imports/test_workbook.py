"""The same table as a workbook in the printed layout: 时间, 工作任务, 责任单位, 责任领导."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Border, Side

from services.scheduler.imports.handlers import read_file
from services.scheduler.imports.model import workbook as model
from services.scheduler.imports.model.nine_ones import read_table
from services.scheduler.imports.model.reading import Read
from services.scheduler.imports.model.units import Phrase, Phrasebook
from services.scheduler.rosters.model import Rosters
from services.scheduler.tests.office import NINE_ONES, Office

PHRASES = Phrasebook([Phrase(words=("应急管理委员会各成员单位",), units=("member_units_all",))])
HEADER = ("时间", "工作任务", "责任单位", "责任领导")


def reading(content: bytes) -> Read:
    return read_file(content, year=None, this_year=2024, phrases=PHRASES, rosters=Rosters({}))


def workbook(
    *rows: tuple[Any, ...], header: tuple[str, ...] = HEADER, title: str = "2024年“九个一”任务分解表"
) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([title])
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def as_printed() -> bytes:
    """Return the workbook of 2024: the month stands in the first of its rows only, as merged cells leave it."""
    rows = []
    months: set[int] = set()
    for row in json.loads(NINE_ONES.read_bytes())["rows"]:
        month = "" if row["month"] in months else f"{row['month']}月"
        months.add(row["month"])
        rows.append((month, f"{row['seq']}.{row['title_zh']}。", "、".join(row["lead_units"]), row["leader_role_zh"]))
    return workbook(*rows)


@pytest.mark.feature("SY01")
def test_the_workbook_says_what_the_json_says() -> None:
    read = reading(as_printed())
    assert read.findings == []
    table = read_table(json.loads(NINE_ONES.read_bytes()), PHRASES)
    assert len(read.duties) == 43
    told = [(each.duty_id, each.kind, each.title, each.lead, each.helpers, each.rule) for each in read.duties]
    assert told == [(each.duty_id, each.kind, each.title, each.lead, each.helpers, each.rule) for each in table.duties]


async def test_a_workbook_is_loaded_over_http(office: Office) -> None:
    report = await office.tell("/v1/imports", content=as_printed())
    assert (len(report["duties_created"]), report["tasks"]["created"], report["warnings"]) == (43, 43, [])


def test_faults_name_their_cells() -> None:
    content = workbook(
        ("6月", "1.开展1次餐饮行业主要负责人安全知识培训。", "市飞碟管理局", "各分管副市长"),
        ("13月", "2.开展1次燃气应急演练。", "市住建局", ""),
        ("7月", "1.种树。", "市林业局", ""),
        ("8月", "1.召开市安委会全体会议。", "", ""),
    )
    read = reading(content)
    assert [(each.cell, each.code, each.value) for each in read.findings] == [
        ("B3.lead_units[0]", "unknown-unit", "市飞碟管理局"),
        ("A4", "no-month", "13月"),
        ("B5", "unknown-kind", "种树"),
        ("C6", "no-unit", None),
    ]


@pytest.mark.parametrize(
    ("content", "cell", "code", "rule"),
    [
        (b"PK\x03\x04 no archive", "$", "no-workbook", "must be an Excel workbook (.xlsx)"),
        (
            workbook(header=("甲", "乙", "丙")),
            "A1",
            "no-header",
            "a row must name the columns 时间、工作任务、责任单位",
        ),
        (workbook(title="任务分解表"), "A1", "no-year", "the year must stand in the title, or be given"),
        (workbook(), "A1", "no-rows", "the table has no rows"),
    ],
    # A workbook holds the second in which it was made, and a test's name must be the same in every worker.
    ids=["no archive", "no header", "no year", "no rows"],
)
def test_what_is_no_such_workbook_is_refused(content: bytes, cell: str, code: str, rule: str) -> None:
    [finding] = reading(content).errors
    assert (finding.cell, finding.code, finding.rule) == (cell, code, rule)


def test_a_row_without_a_word_is_passed_over_and_ends_nothing() -> None:
    row, header = ("6月", "安全课", "市商务局", "", "training"), (*HEADER, "类别")
    spaced = workbook((None,) * 5, row, (None, " ", "", None, None), (None, *row[1:]), header=header)
    read = reading(spaced)
    assert ([each.duty_id for each in read.duties], read.errors) == (["no-2024-06-1", "no-2024-06-2"], [])


def test_a_table_with_more_rows_than_are_read_is_refused_and_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MOST_ROWS", 3)
    rows = [("6月", f"安全课{n}", "市商务局", "", "training") for n in range(4)]
    files = (workbook(*some, header=(*HEADER, "类别")) for some in (rows[:3], rows))
    whole, longer = (reading(file) for file in files)
    assert ([each.title for each in whole.duties], whole.errors) == (["安全课0", "安全课1", "安全课2"], [])
    assert (longer.duties, [(each.cell, each.code) for each in longer.errors]) == ([], [("A6", "too-many-rows")])


def test_rows_that_are_only_formatted_count_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MOST_ROWS", 3)
    row = ("6月", "安全课", "市商务局", "", "training")
    for below, errors in ((None, []), (" ", []), ("甲", [("A6", "too-many-rows")])):
        book = load_workbook(BytesIO(workbook(row, header=(*HEADER, "类别"))))
        for at in (4, 6, 1_048_576):
            book.worksheets[0].cell(at, 2, below if at > 4 else None).border = Border(left=Side("thin"))
        content = BytesIO()
        book.save(content)
        read = reading(content.getvalue())
        assert [(each.cell, each.code) for each in read.errors] == errors
        assert len(read.duties) == (not errors)


def test_kinds_and_sectors_are_taken_from_their_columns() -> None:
    header = (*HEADER, "类别", "行业")
    row = ("6月", "餐饮业负责人安全课", "市商务局", "", "training", "餐饮、飞碟")
    read = reading(workbook(row, header=header))
    [duty] = read.duties
    assert (duty.kind, duty.sectors, duty.duty_id) == ("training", ("catering",), "no-2024-06-1")
    assert [(each.cell, each.code, each.value) for each in read.findings] == [("F3", "unknown-sector", "飞碟")]
