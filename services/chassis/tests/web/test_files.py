"""Files that somebody loads: whatever their bytes, they are read or refused by a code, within bounds."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Border, Side

from duban_contracts.admissible.octets import repeated_name
from duban_contracts.findings import Findings
from services.chassis.testing.tries import tries
from services.chassis.web import files
from services.chassis.web.files import Sheet, Unreadable, document_of, is_workbook, sheets_of

ENOUGH = 50
SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"


def saved(book: Workbook) -> bytes:
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    return saved(book)


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes], kind: int = ZIP_DEFLATED) -> bytes:
    """Return a workbook with one part changed, packed by another `kind` of compression."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(out, "w") as new:
        for part in old.infolist():
            data = old.read(part)
            chosen = part.filename == name
            new.writestr(part.filename, change(data) if chosen else data, kind if chosen else ZIP_DEFLATED)
    return out.getvalue()


def marked_encrypted(content: bytes) -> bytes:
    at = content.index(b"PK\x01\x02") + 8
    return content[:at] + struct.pack("<H", 1) + content[at + 2 :]


def with_broken_stream(content: bytes) -> bytes:
    with ZipFile(BytesIO(content)) as archive:
        part = archive.getinfo(SHEET)
    at = part.header_offset + 30 + len(SHEET)
    return content[:at] + b"\xff" * 8 + content[at + 8 :]


def shorter_than_it_is(content: bytes) -> bytes:
    """The styles unpack to far more than the directory says."""
    long = with_part(content, STYLES, lambda data: data + b" " * 100_000)
    with ZipFile(BytesIO(long)) as archive:
        size = struct.pack("<I", archive.getinfo(STYLES).file_size)
    at = long.rindex(size)
    return long[:at] + struct.pack("<I", 100) + long[at + 4 :]


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(Unreadable) as told:
        list(sheets_of(content, enough=ENOUGH)) if is_workbook(content) else document_of(content)
    found = Findings()
    told.value.note(found)
    [fault] = found.errors
    assert fault.rule
    return fault.cell, fault.code


WHOLE = workbook(["甲", 1, date(2024, 5, 1)], [], [None, " ", 2.5])


def test_a_sheet_is_its_rows_that_say_something_by_the_letters_of_their_columns() -> None:
    [sheet] = sheets_of(WHOLE, enough=ENOUGH)
    assert sheet == Sheet("Sheet", {1: {"A": "甲", "B": 1, "C": datetime(2024, 5, 1)}, 3: {"C": 2.5}})  # noqa: DTZ001


@pytest.mark.parametrize(
    "broken",
    [
        with_part(WHOLE, SHEET, lambda data: data[: len(data) // 2]),
        with_part(WHOLE, SHEET, lambda data: data.replace(b"<sheetData>", b"<sheetData>\x01&")),
        with_part(WHOLE, SHEET, lambda data: data.replace(b"<v>2.5</v>", b"<v>two</v>")),
        with_part(WHOLE, STYLES, lambda _: b"<styleSheet"),
        with_part(WHOLE, "xl/workbook.xml", lambda _: b""),
        with_part(WHOLE, STYLES, lambda data: data, ZIP_LZMA),
        with_broken_stream(WHOLE),
        marked_encrypted(WHOLE),
        shorter_than_it_is(WHOLE),
        WHOLE[: len(WHOLE) // 2],
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    ],
    ids=[
        "xml cut off",
        "xml with a control character",
        "a number that is none",
        "styles that are no xml",
        "nothing in the workbook's part",
        "packed as no workbook is",
        "a stream that cannot be unpacked",
        "encrypted",
        "a part longer than it says",
        "cut off",
        "four bytes",
        "an old workbook",
    ],
)
def test_a_broken_workbook_is_refused_and_fails_nothing(broken: bytes) -> None:
    assert refused(broken) == ("$", "no-workbook")


@settings(max_examples=tries(60), deadline=None)
@given(data=st.data())
def test_a_workbook_with_any_byte_of_any_part_changed_is_read_or_refused(data: st.DataObject) -> None:
    with ZipFile(BytesIO(WHOLE)) as archive:
        name = data.draw(st.sampled_from(archive.namelist()))

    def change(part: bytes) -> bytes:
        at = data.draw(st.integers(0, len(part) - 1))
        return part[:at] + data.draw(st.binary(max_size=3)) + part[at + data.draw(st.integers(0, 40)) :]

    with suppress(Unreadable):
        for sheet in sheets_of(with_part(WHOLE, name, change), enough=ENOUGH):
            assert all(values for values in sheet.rows.values())


def test_a_workbook_that_unpacks_to_more_than_the_bound_is_refused_before_it_is_unpacked() -> None:
    bomb = with_part(WHOLE, STYLES, lambda data: data + b" " * files.MOST_UNPACKED)
    assert len(bomb) < 100_000
    assert refused(bomb) == ("$", "workbook-too-large")


def test_rows_that_are_only_formatted_are_no_rows_wherever_they_stand() -> None:
    book = load_workbook(BytesIO(WHOLE))
    for at in (*range(10, 2 * ENOUGH), 1_048_576):
        book.worksheets[0].cell(at, 2).border = Border(left=Side("thin"))
    [sheet] = sheets_of(saved(book), enough=ENOUGH)
    assert list(sheet.rows) == [1, 3]


def test_of_a_sheet_no_more_is_read_than_is_enough_to_refuse_it() -> None:
    content = workbook(*([number] for number in range(3 * ENOUGH)))
    broken_below = with_part(content, SHEET, lambda data: data.replace(b"</sheetData>", b"</broken>"))
    [sheet] = sheets_of(broken_below, enough=ENOUGH)
    assert len(sheet.rows) == ENOUGH + 1


def test_what_stands_below_a_merged_cell_is_not_read_since_nobody_sees_it() -> None:
    content = workbook(["6月", "甲"], ["7月", "乙"], ["8月", "丙"])
    area = b'</sheetData><mergeCells count="1"><mergeCell ref="A1:A2"/></mergeCells>'
    [sheet] = sheets_of(with_part(content, SHEET, lambda data: data.replace(b"</sheetData>", area)), enough=ENOUGH)
    assert sheet.rows == {1: {"A": "6月", "B": "甲"}, 2: {"B": "乙"}, 3: {"A": "8月", "B": "丙"}}


def test_more_merged_cells_than_a_table_has_are_refused() -> None:
    areas = b"".join(b'<mergeCell ref="A%d:B%d"/>' % (row, row) for row in range(1, files.MOST_MERGED + 2))
    merged = b"</sheetData><mergeCells>" + areas + b"</mergeCells>"
    content = with_part(WHOLE, SHEET, lambda data: data.replace(b"</sheetData>", merged))
    assert refused(content) == ("$", "workbook-too-large")


JSON = '{"名称": "甲乙丙丁戊"}'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (JSON.encode("utf-8-sig"), ("$", "bad-encoding")),
        (JSON.encode("gb18030"), ("$", "bad-encoding")),
        (JSON.encode("utf-16"), ("$", "bad-encoding")),
        (JSON.encode("utf-16-be"), ("$", "bad-encoding")),
        (b'{"a": {"b": 1, "b": 2}}', ("$.a.b", "repeated-name")),
        (b"{", ("$", "not-json")),
        (b"[" * 100_000, ("$", "not-json")),
        (b"", ("$", "not-json")),
        ("名称,数量\n甲,1\n".encode(), ("$", "not-json")),
        ("名称,数量\n甲,1\n".encode("gb18030"), ("$", "not-json")),
        ("名称,数量\n甲,1\n".encode("utf-8-sig"), ("$", "not-json")),
    ],
    ids=["bom", "gbk", "utf-16", "utf-16-be", "twice", "cut", "deep", "empty", "csv", "csv gbk", "csv bom"],
)
def test_json_is_held_to_the_rule_of_a_body_by_the_same_codes(content: bytes, told: tuple[str, str]) -> None:
    assert refused(content) == told


def test_what_was_never_meant_to_be_json_is_told_what_is_taken_and_no_place_in_it() -> None:
    with pytest.raises(Unreadable, match=r"^must be JSON or an Excel workbook \(\.xlsx\)$"):
        document_of("名称,数量\n甲,1\n".encode())


@given(st.binary(max_size=40) | st.text(max_size=20).map(str.encode))
def test_any_bytes_are_json_that_every_reader_reads_alike_or_refused(content: bytes) -> None:
    with suppress(Unreadable):
        document_of(content)
        assert repeated_name(content.decode()) is None
