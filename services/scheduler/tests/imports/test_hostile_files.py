"""Whatever a file holds, reading it ends in a list of findings, and what is taken can be read again."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from services.scheduler.duties.model import recurrence
from services.scheduler.duties.model.duty import Duty
from services.scheduler.duties.model.recurrence import BadRule
from services.scheduler.imports.handlers import read_file
from services.scheduler.imports.model.reading import Read
from services.scheduler.imports.model.units import Phrasebook
from services.scheduler.rosters.model import Rosters
from services.scheduler.tests.office import NINE_ONES, TABLES

ROSTERS = Rosters({})
PARTS = st.sampled_from(
    [
        "FREQ=MONTHLY",
        "FREQ=YEARLY",
        "FREQ=DAILY",
        "FREQ=WEEKLY",
        "BYMONTHDAY=31",
        "BYMONTHDAY=-1",
        "BYDAY=MO",
        "BYDAY=5FR",
        "BYSETPOS=9",
        "INTERVAL=0",
        "INTERVAL=999",
        "COUNT=1",
        "UNTIL=20240101",
        "UNTIL=x",
        "BYMONTH=2",
        "BYMONTHDAY=30",
        "BYWEEKNO=53",
        "BYYEARDAY=366",
        "WKST=SU",
        "BYDAY=,",
        "=",
        "BYMONTH=",
        "BYMONTHDAY=１",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.just("9999-12-31"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def read(content: bytes) -> Read:
    return read_file(content, year=2024, this_year=2024, phrases=Phrasebook(), rosters=ROSTERS)


@given(parts=st.lists(PARTS, min_size=1, max_size=4))
def test_a_rule_is_read_or_refused_and_nothing_else(parts: list[str]) -> None:
    try:
        rule = recurrence.normalised(";".join(parts))
    except BadRule:
        return
    assert recurrence.normalised(rule) == rule


@given(content=st.binary(max_size=60))
def test_bytes_of_any_kind_are_refused_with_a_finding(content: bytes) -> None:
    assert read(content).errors


@given(data=st.data(), name=st.sampled_from(["nine-ones-2024", "recurring-duties", "three-year-actions"]))
def test_a_table_with_any_value_in_any_place_is_read_or_refused(data: st.DataObject, name: str) -> None:
    table = json.loads((TABLES / f"{name}.json").read_bytes())
    rows = table.get("rows") or table.get("duties") or table["plans"]
    del rows[2:]
    place = rows[0]
    for _ in range(data.draw(st.integers(0, 3))):
        inner = [value for value in place.values() if isinstance(value, dict)]
        inner += [
            item for value in place.values() if isinstance(value, list) for item in value if isinstance(item, dict)
        ]
        if not inner:
            break
        place = data.draw(st.sampled_from(inner))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(VALUES)
    found = read(json.dumps(table).encode())
    for duty in found.duties if not found.errors else []:
        assert msgspec.json.decode(msgspec.json.encode(duty), type=Duty) == duty


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(NINE_ONES.read_bytes()) | fields).encode()


@pytest.mark.parametrize("document", ["", "x" * 201, "a\u0000b"])
def test_a_document_without_a_name_that_can_be_kept_is_refused(document: str) -> None:
    assert read(changed(source_file=document)).errors


def test_a_campaign_that_ends_before_it_begins_or_stands_twice_is_refused() -> None:
    table = json.loads((TABLES / "three-year-actions.json").read_bytes())
    table["plans"][0]["period"] = "2024/2023"
    table["plans"].append(table["plans"][1])
    found = {(each.cell, each.code) for each in read(json.dumps(table).encode()).errors}
    assert {("$.plans[0].period", "period-reversed"), ("three-year-004", "repeated-row")} <= found


def packed(*parts: tuple[str, bytes]) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, part in parts:
            archive.writestr(name, part)
    return content.getvalue()


def printed() -> bytes:
    content = BytesIO()
    Workbook().save(content)
    return content.getvalue()


def with_broken_sheet(sheet: bytes) -> bytes:
    whole = ZipFile(BytesIO(printed()))
    return packed(*((name, sheet if "worksheets" in name else whole.read(name)) for name in whole.namelist()))


def damaged() -> bytes:
    """Some bytes of a packed part are others."""
    content = bytearray(printed())
    begins = content.index(b"xl/worksheets/sheet1.xml") + len(b"xl/worksheets/sheet1.xml")
    content[begins + 8 : begins + 40] = bytes(32)
    return bytes(content)


def encrypted() -> bytes:
    """Every part says that it is encrypted."""
    content = bytearray(printed())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(mark, at + 4)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [with_broken_sheet(b"<worksheet"), with_broken_sheet(b"<worksheet><sheetData>"), damaged(), encrypted()],
    ids=["no-xml", "cut-xml", "damaged", "encrypted"],
)
def test_a_damaged_workbook_is_told_as_none(content: bytes) -> None:
    assert [finding.code for finding in read(content).errors] == ["no-workbook"]


def test_a_workbook_that_unpacks_to_more_than_anybodys_table_is_refused_unread() -> None:
    content = packed(("xl/worksheets/sheet1.xml", bytes(33 * 2**20)))
    assert len(content) < 2**20
    assert [finding.code for finding in read(content).errors] == ["workbook-too-large"]


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        (b'\xef\xbb\xbf{"rows": []}', "bad-encoding", "$"),
        ('{"rows": [{"text": "安全生产会议"}]}'.encode("gbk"), "bad-encoding", "$"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "no-workbook", "$"),
        (b'{"rows": [], "year": 2024, "year": 2025}', "repeated-name", "$.year"),
    ],
    ids=["byte-order-mark", "gbk", "an-older-excel-file", "a-name-twice"],
)
def test_json_is_held_to_the_rules_of_the_other_doors(content: bytes, code: str, place: str) -> None:
    assert [(finding.code, finding.cell) for finding in read(content).errors] == [(code, place)]
