"""What a text, an instant, a day, a media type and bytes must be, at the edges of each rule."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime

import pytest

from duban_contracts.admissible import octets
from duban_contracts.admissible.dates import Bounds, Present
from duban_contracts.admissible.instants import BadInstant, instant_of
from duban_contracts.admissible.media_types import MediaType, media_type_of
from duban_contracts.admissible.octets import BadEncoding
from duban_contracts.admissible.texts import (
    MOST_ATTRIBUTE_CHARACTERS,
    fits_attribute,
    fits_line,
    fits_lines,
    folded,
    is_blank,
    made_fit,
)
from duban_contracts.days import Zone


@pytest.mark.parametrize(
    ("years", "today", "latest"),
    [
        (3, date(2026, 11, 21), date(2029, 11, 21)),
        (1, date(2028, 2, 29), date(2029, 2, 28)),
        (4, date(2028, 2, 29), date(2032, 2, 29)),
    ],
)
def test_a_deadline_lies_at_most_some_years_ahead(years: int, today: date, latest: date) -> None:
    assert Bounds(deadline_years=years).latest_deadline(today) == latest


def test_the_present_is_the_day_of_the_citys_zone_and_a_hazard_may_be_found_a_day_later() -> None:
    bounds = Bounds(deadline_years=1)
    present = Present.at(datetime(2026, 11, 21, 16, tzinfo=UTC), Zone("Asia/Shanghai"), bounds)
    assert present == Present(date(2026, 11, 22), "Asia/Shanghai", bounds)
    assert present.latest_found == date(2026, 11, 23)
    assert Present.at(datetime(2026, 11, 21, 15, tzinfo=UTC), Zone("Asia/Shanghai")).bounds == Bounds()


@pytest.mark.parametrize(
    "text", ["2026-11-21T08:30:00+08:00", "2026-11-21t00:30:00z", "2026-11-21 00:30:00Z", "2026-11-21T00:30:00.000Z"]
)
def test_an_instant_is_read_in_every_form_of_rfc_3339(text: str) -> None:
    found = instant_of(text)
    assert found == datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        (
            "2026-11-21T08:30:00",
            "须为带时区的 RFC 3339 时间，形如 2026-11-21T08:30:00+08:00",
            "must be an RFC 3339 timestamp with a UTC offset",
        ),
        (
            "2026-W47-6",
            "须为带时区的 RFC 3339 时间，形如 2026-11-21T08:30:00+08:00",
            "must be an RFC 3339 timestamp with a UTC offset",
        ),
        ("2026-02-30T08:30:00Z", "不是存在的日期或时间", "must be a date and time that exist"),
        (
            "0001-01-01T00:00:00+08:00",
            "换算为 UTC 后超出公元 1 年至 9999 年",
            "must lie within the years 1 to 9999 of UTC",
        ),
    ],
)
def test_a_text_that_is_no_instant_is_refused_in_both_languages(text: str, zh: str, en: str) -> None:
    with pytest.raises(BadInstant) as refused:
        instant_of(text)
    assert (refused.value.zh, refused.value.en, str(refused.value)) == (zh, en, en)


@pytest.mark.parametrize(
    ("text", "essence", "charset"),
    [
        ("application/json", "application/json", None),
        (" Application/JSON ; charset=UTF-8", "application/json", "utf-8"),
        ('application/json; profile="a=b"; charset = "GBK" ', "application/json", "gbk"),
        ("application/json; charset=a=b", "application/json", "a=b"),
        ("application/json; charset", "application/json", ""),
        ("application/json; charset=utf-8; charset=gbk", "application/json", "utf-8"),
        ("text/plain; format=flowed", "text/plain", None),
    ],
)
def test_a_media_type_is_compared_without_case_and_parameters(text: str, essence: str, charset: str | None) -> None:
    assert media_type_of(text) == MediaType(essence, charset)


@pytest.mark.parametrize(
    ("charset", "is_utf8"),
    [(None, True), ("utf-8", True), ("utf8", True), ("us-ascii", True), ("gbk", False), ("", False)],
)
def test_json_is_utf8_where_nothing_else_is_said(charset: str | None, *, is_utf8: bool) -> None:
    assert MediaType("application/json", charset).is_utf8 is is_utf8


GBK = '{"place":"储罐区东侧"}'.encode("gb18030")


@pytest.mark.parametrize(
    ("data", "zh", "en"),
    [
        (b"\xef\xbb\xbf{}", "开头有字节顺序标记（BOM），请去掉", "it begins with a byte order mark (BOM)"),
        ("{}".encode("utf-16"), "内容是 UTF-16 编码", "it is UTF-16"),
        ("{}".encode("utf-16-le"), "内容是 UTF-16 编码", "it is UTF-16"),
        ("{}".encode("utf-16-be"), "内容是 UTF-16 编码", "it is UTF-16"),
        (GBK, "内容像是 GBK（GB18030）编码", "it looks like GBK (GB 18030)"),
        (b'{"a":"\xff"}', "含有不合规的字节", "it holds bytes that are none"),
    ],
    ids=["mark", "utf-16", "utf-16 le", "utf-16 be", "gbk", "odd"],
)
def test_bytes_that_are_no_utf8_are_named(data: bytes, zh: str, en: str) -> None:
    with pytest.raises(BadEncoding) as refused:
        octets.text_of(data)
    assert (refused.value.zh, refused.value.en, str(refused.value)) == (zh, en, en)


@pytest.mark.parametrize("text", ["привет", "あいう", "①②③"])
def test_bytes_that_give_another_script_than_chinese_in_gbk_are_not_taken_for_it(text: str) -> None:
    assert not octets.looks_like_gbk(text.encode("gb18030"))


def test_a_zero_beyond_the_head_is_left_to_the_json_reader() -> None:
    assert octets.text_of(b'{"a"\x00}') == '{"a"\x00}'


@pytest.mark.parametrize(
    "data",
    [
        '{"id":"e-储"}'.encode(),
        b"\xef\xbb\xbf" + '{"id":"e-储"}'.encode(),
        '{"id":"e-储"}'.encode("utf-16"),
        '{"id":"e-储"}'.encode("utf-16-le"),
        '{"id":"e-储"}'.encode("utf-16-be"),
        '{"id":"e-储"}'.encode("gb18030"),
        '{"id":"e-储","a":1,"a":2}'.encode(),
    ],
)
def test_what_is_refused_can_still_be_named_in_whatever_encoding(data: bytes) -> None:
    assert octets.salvaged(data) == {"id": "e-储"}


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"7", b"[" * 100_000])
def test_of_what_is_no_object_nothing_is_salvaged(data: bytes) -> None:
    assert octets.salvaged(data) == {}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"a":1,"b":{"a":2}}', None),
        ('{"a":"x:y","b":["z:z",{"c:c":":"}]}', None),
        ('{"a":1,"a":1}', "$.a"),
        ('{"b":{"a":1,"a":2}}', "$.b.a"),
        ('{"b":[0,{"a":1,"a":2}]}', "$.b[1].a"),
        ('{"a":1,"\\u0061":2}', "$.a"),
        ('{"a":"x","a":":"}', "$.a"),
        ('{"a\\u003a":"x","a:":""}', "$.a:"),
        ("{", None),
    ],
)
def test_a_name_that_stands_twice_is_found_at_any_depth(text: str, path: str | None) -> None:
    assert octets.repeated_name(text) == path


@pytest.mark.parametrize("text", ['{"a":{"x":1,"x":2},"b":1,"b":2}', '{"a":[0,{"b":1,"b":2}],"c":{"d":1,"d":2}}'])
def test_of_several_that_stand_twice_the_outermost_and_then_the_first_is_named(text: str) -> None:
    assert octets.repeated_name(text) in {"$.b", "$.a[1].b"}


def test_names_are_counted_however_deep_a_value_is_nested() -> None:
    value: object = "x:y"
    for _ in range(sys.getrecursionlimit() * 2):
        value = {"a": [value]}
    assert octets.plainly_once(b":" * (2 * sys.getrecursionlimit() + 1), 2 * sys.getrecursionlimit(), value)


def test_an_attribute_has_one_to_512_characters() -> None:
    assert fits_attribute("a" * MOST_ATTRIBUTE_CHARACTERS)
    assert not fits_attribute("a" * (MOST_ATTRIBUTE_CHARACTERS + 1))
    assert not fits_attribute("")
    assert not fits_attribute(" ")
    assert not fits_attribute("a\n")


@pytest.mark.parametrize("text", ["\x00", "\x7f", "\x85", "\u2028", "\u202e", "\ud800", "\ufffe", "\U0001fffe"])
def test_what_no_line_may_hold_is_shown_as_replaced(text: str) -> None:
    assert not fits_line(f"a{text}b")
    assert not fits_lines(f"a{text}b")
    assert made_fit(f"a{text}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_several_lines_may_hold_tabs_and_breaks() -> None:
    assert fits_lines("a\tb\r\nc")
    assert not fits_line("a\tb")
    assert not fits_line("a\nb")


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("", True),
        (" \u3000", True),
        ("\u3164", True),
        ("\u2800", True),
        ("\u0301", True),
        ("。", False),
        ("é", False),
        ("0", False),
    ],
)
def test_a_text_that_shows_nothing_is_blank(text: str, *, blank: bool) -> None:
    assert is_blank(text) is blank


@pytest.mark.parametrize(
    ("text", "fold"),
    [("ＡＢ-１", "AB-1"), ("a b\u200bc", "abc"), ("AQ-甲", "AQ-甲"), ("e\u200b\u0301", "é"), ("Aa", "Aa")],
)
def test_references_that_look_the_same_are_one(text: str, fold: str) -> None:
    assert folded(text) == fold
    assert folded(fold) == fold
