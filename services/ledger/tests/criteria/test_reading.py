"""Files of criteria: both forms say the same, and what is wrong is named by its cell, the rule and the value."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.styles import Border, Side

from duban_contracts.findings import Finding, Findings, Weight
from services.chassis.testing.tries import tries
from services.ledger.criteria.handlers import read_file
from services.ledger.criteria.model import workbook
from services.ledger.criteria.model.reading import HEAD, read
from services.ledger.criteria.model.standards import ALL, MOST_CLAUSES, Clause, Standard, in_force
from services.ledger.tests.criteria.files import CLAUSES, as_json, as_workbook, rows, version

words = st.text("甲乙丙丁123", min_size=1, max_size=8)
days = st.dates(date(2000, 1, 1), date(2030, 12, 31))
standards = st.builds(
    Standard,
    sector=st.sampled_from(["hazchem", "coal_mine", "fire_safety", ALL]),
    version=st.from_regex(r"[0-9]{4}-[a-z]{1,3}", fullmatch=True),
    title=words,
    document=st.none() | words,
    in_force_on=days,
    until_on=st.none(),
    clauses=st.lists(
        st.builds(Clause, code=words, text=words), min_size=1, max_size=4, unique_by=lambda clause: clause.code
    ).map(tuple),
)
lists = st.lists(standards, min_size=1, max_size=4, unique_by=(lambda one: (one.sector, one.version))).filter(
    lambda some: len({(one.sector, one.in_force_on) for one in some}) == len(some)
)


def faults(content: bytes) -> list[tuple[str, str, str | None]]:
    found = Findings()
    read_file(content, found)
    assert all(each.rule for each in found.errors)
    return [(each.cell, each.code, each.value) for each in found.errors]


@settings(max_examples=tries(8), deadline=None)
@given(lists)
def test_a_file_says_the_same_as_json_and_as_a_workbook(some: list[Standard]) -> None:
    for content in (msgspec.json.encode({"lists": some}), as_workbook(rows(some))):
        found = Findings()
        assert read_file(content, found) == some
        assert found.findings == []


def test_a_sector_may_be_written_by_its_name() -> None:
    found = Findings()
    [read] = read_file(as_json(version("危险化学品")), found)
    assert (read.sector, found.errors) == ("hazchem", [])


@pytest.mark.feature("SY37")
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (version("星际航行"), ("$.lists[0].sector", "unknown-sector", "星际航行")),
        (version(in_force_on="五月"), ("$.lists[0].in_force_on", "no-date", "五月")),
        (version(until_on="2023-05-14"), ("$.lists[0].until_on", "ends-before-it-begins", None)),
        (version(name="../2"), ("$.lists[0].version", "wrong-cell", "../2")),
        (version(title=" "), ("$.lists[0].title", "missing-cell", None)),
        (version(clauses=[]), ("$.lists[0].clauses", "no-clauses", None)),
        (version(clauses=[*CLAUSES, CLAUSES[0]]), ("$.lists[0].clauses[2].code", "repeated-clause", "1")),
        (version(clauses=[{"code": "1"}]), ("$.lists[0].clauses[0].text", "missing-cell", None)),
        (
            version(clauses=[{"code": "一\n二", "text": "甲"}]),
            ("$.lists[0].clauses[0].code", "wrong-cell", "一\ufffd二"),
        ),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_each_fault_is_named_by_cell_rule_and_value(wrong: dict[str, Any], told: tuple[str, str, str | None]) -> None:
    assert told in faults(as_json(wrong))


def test_a_workbook_names_its_cells_and_every_fault_at_once() -> None:
    good = ["危险化学品", "2023", "标准", "", date(2023, 5, 15), None, "1", "示例条款"]
    content = as_workbook([good, [None] * 6 + ["1", "又一条"], ["飞行", "1", "标准", "", "不详", None, "", "甲"]])
    assert faults(content) == [
        ("G5", "missing-cell", None),
        ("G4", "repeated-clause", "1"),
    ]
    assert faults(as_workbook([good], header=["甲", "乙"])) == [("A1", "no-header", None)]
    assert faults(b"PK\x03\x04 broken") == [("$", "no-workbook", None)]


def test_a_row_without_a_word_is_passed_over_and_ends_nothing() -> None:
    head, empty = ["危险化学品", "2023", "标准", "", date(2023, 5, 15), None], [None] * 8
    found = Findings()
    [one] = read_file(as_workbook([empty, [*head, "1", "甲"], [*empty[:6], "", " "], empty, [*head, "2", "乙"]]), found)
    assert ([clause.code for clause in one.clauses], found.findings) == (["1", "2"], [])


def test_rows_above_the_first_that_names_its_version_are_of_none() -> None:
    good = ["危险化学品", "2023", "标准", "", date(2023, 5, 15), None, "1", "示例条款"]
    found = faults(as_workbook([[None] * 6 + ["0", "无主条款"], good]))
    assert [(cell, code) for cell, code, _ in found] == [(f"{column}3", "missing-cell") for column in "ABCE"]


def test_a_workbook_with_more_rows_than_are_read_is_refused_and_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 10)
    clauses = [["危险化学品", "2023", "标准", "", date(2023, 5, 15), None, f"{n}", "示例条款"] for n in range(11)]
    assert faults(as_workbook(clauses[:10])) == []
    assert faults(as_workbook(clauses)) == [("A13", "too-many-rows", None)]


def test_rows_that_are_only_formatted_count_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 10)
    good = ["危险化学品", "2023", "标准", "", date(2023, 5, 15), None, "1", "示例条款"]
    for below, expected in ((None, []), (" ", []), ("甲", [("A13", "too-many-rows", None)])):
        book = load_workbook(BytesIO(as_workbook([good])))
        for at in (13, 1_048_576):
            book.worksheets[0].cell(at, 2, below).border = Border(left=Side("thin"))
        content = BytesIO()
        book.save(content)
        assert faults(content.getvalue()) == expected


def test_what_is_no_file_of_criteria_is_refused_as_a_whole() -> None:
    assert faults(b"\xff") == [("$", "not-json", None)]
    assert faults(b"{") == [("$", "not-json", None)]
    assert faults(b'{"lists": [], "lists": []}') == [("$.lists", "repeated-name", None)]
    for content in (b"[]", b'{"lists": []}', b'{"lists": {}}'):
        assert faults(content) == [("$", "unknown-form", None)]


def test_a_version_of_more_clauses_than_anybody_reads_is_refused_with_the_bound() -> None:
    clauses = [{"code": f"{number}", "text": "甲"} for number in range(MOST_CLAUSES + 1)]
    found = Findings()
    read_file(as_json(version(clauses=clauses[1:])), found)
    assert found.findings == []
    read_file(as_json(version(clauses=clauses)), found)
    [said] = found.errors
    assert (said.cell, said.code) == ("$.lists[0].version", "too-many-clauses")
    assert f"{MOST_CLAUSES}" in said.rule


def test_two_versions_of_a_sector_do_not_begin_on_one_day() -> None:
    assert faults(as_json(version(), version(name="2024"))) == [
        ("$.lists[1].in_force_on", "begins-as-another", "2023-05-15")
    ]


@given(lists, days)
def test_one_version_of_a_sector_holds_on_a_day_and_it_is_the_newest(some: list[Standard], day: date) -> None:
    counts = in_force(some, "hazchem", day)
    assert [one.sector for one in counts] in ([], ["hazchem"], [ALL], ["hazchem", ALL])
    for one in counts:
        begun = [each.in_force_on for each in some if each.sector == one.sector and each.in_force_on <= day]
        assert one.in_force_on == max(begun)


@given(standards, st.integers(0, 400))
def test_the_first_and_the_last_day_count(one: Standard, length: int) -> None:
    last = one.in_force_on + timedelta(days=length)
    ended = msgspec.structs.replace(one, until_on=last)
    held = [bool(in_force([ended], one.sector, day)) for day in (one.in_force_on, last)]
    beside = [bool(in_force([ended], one.sector, day)) for day in (one.in_force_on - timedelta(1), last + timedelta(1))]
    assert (held, beside) == ([True, True], [False, False])


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


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_refused_with_a_finding(content: bytes) -> None:
    assert faults(content)


@given(
    st.lists(
        st.dictionaries(st.sampled_from([*HEAD, "clauses"]), VALUES, max_size=7)
        | VALUES
        | st.builds(lambda value, name: version(**{name: value}), VALUES, st.sampled_from([*HEAD[2:], "clauses"])),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_a_list_holds_it_is_refused_by_cell_or_can_be_read_again(lists: list[Any]) -> None:
    found = Findings()
    read = read_file(msgspec.json.encode({"lists": lists}), found)
    if found.errors:
        assert all(each.cell and each.code and each.rule for each in found.errors)
    else:
        assert read_file(msgspec.json.encode({"lists": read}), Findings()) == read


@pytest.mark.parametrize(
    ("place", "cell", "other"),
    [(2, "C4", "另一标准"), (3, "D4", "示例〔2024〕2号"), (4, "E4", date(2024, 1, 1)), (5, "F4", date(2030, 1, 1))],
)
def test_what_a_later_row_says_of_its_version_otherwise_is_found_at_its_cell(
    place: int, cell: str, other: object
) -> None:
    head: list[object] = ["hazchem", "2023", "示例标准", "示例〔2023〕1号", date(2023, 5, 15), date(2029, 1, 1)]
    later = [*head[:place], other, *head[place + 1 :]]
    content = as_workbook([[*head, "1", "条款一"], [*later, "2", "条款二"]])
    assert [(at, code) for at, code, _ in faults(content)] == [(cell, "differs-within-version")]


def test_a_file_without_any_clause_is_told_that_it_needs_one() -> None:
    found = Findings()
    assert read((), found) == []
    assert found.findings == [
        Finding(weight=Weight.ERROR, cell="$", code="no-rows", rule="must hold at least one clause")
    ]
