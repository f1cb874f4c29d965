"""One rule at every door: the same event gets the same verdict, with the same code and field, whichever way it comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from duban_contracts.admissible.texts import folded, is_blank
from duban_contracts.catalogue import registered
from duban_contracts.examples import examples
from duban_contracts.topics import CONSUMERS, TopicFamily
from duban_contracts.validation import MOST_EVENT_BYTES
from services.chassis.testing.tries import tries
from tests.contract.doors import DOORS, PRESENT, RECTIFIED, REPORT, SCREENS, WITHOUT_BOOKS, Sent, verdicts

# Each type that a county may send, with a right payload of it: the examples tell of days up to the closing, after `PRESENT`.
CLAIMS = [
    (
        entry.name,
        {
            name: min(value, PRESENT.today.isoformat()) if name.endswith("_on") else value
            for name, value in examples()[entry.name].items()
        },
    )
    for entry in registered()
    if entry.family is TopicFamily.CLAIMS
]

RESERVED = ("reference-reserved", "$.reference")

# What other systems really send: plain text, blanks, controls, marks of direction, look-alikes, what is too long.
odd_texts = st.sampled_from(
    [
        "",
        " ",
        "\u3000",
        "\u200b",
        "\ufeff",
        "\xa0",
        "ㅤ",
        "⠀",
        "\u202e\u202c",
        "T2\u202e-1",
        "T2\x85",
        "T2\u2028",
        "ＮＦ－１",
        "NF-1\u200b",
        " NF-1",
        "示例",
        "x" * 65,
        "x" * 600,
        "\ufffe",
        "😀",
        "é",
        "tip/JB-1",
        "ｔｉｐ／JB-1",
        "\xad",
        "a\tb",
        "a\nb",
    ]
)
texts = odd_texts | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
days = st.sampled_from(
    ["2026-11-21", "2026-11-22", "2026-11-23", "2099-01-01", "9999-12-31", "0001-01-01", "1899-12-30", "2026-02-29", ""]
)
codes = st.sampled_from(["hazchem", "危险化学品", "coal", "COAL_MINE", "", "inspection"])
credit_codes = st.sampled_from(
    [None, "", "0" * 18, "91140502XXXX000193", "91140502xxxx000192", "91140502MA0EXAMP04", "无", "x" * 65, "a\u202eb"]
)
instants = st.sampled_from(
    [
        "2026-11-21T08:30:00+08:00",
        "2026-11-21t08:30:00z",
        "2026-11-21 08:30:00",
        "0001-01-01T00:00:00+08:00",
        "",
        "now",
        "9999-12-31T23:59:59-08:00",
        "2026-W47-6T08:30:00Z",
        "20261121T083000+0800",
        "2026-11-21T08:30:60Z",
    ]
)
media_types = st.sampled_from(
    [
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "APPLICATION/JSON",
        "text/xml",
        "",
        "application/json; charset=gbk",
        'application/json; charset="utf-8"; q=1',
    ]
)
# What is filled in by hand: names and values of any kind, at any depth.
values = st.recursive(
    texts | st.none() | st.booleans() | st.integers(-(2**64), 2**64), lambda inner: st.lists(inner, max_size=2)
)
filled = st.dictionaries(st.sampled_from(["checks", "Checks", "", "危化"]) | texts, values, max_size=2) | texts


@st.composite
def payloads(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A right claim with one or two of its fields said otherwise."""
    kind, right = draw(st.sampled_from(CLAIMS))
    said = dict(right)
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from([*right, "township", "extra"]))
        value: Any
        if name == "enterprise":
            value = draw(texts.map(lambda text: {"name": text}) | credit_codes.map(lambda c: {"name": "甲", "uscc": c}))
        elif name in {"figures", "form"}:
            value = draw(filled)
        elif name.endswith("_on"):
            value = draw(days)
        else:
            value = draw(codes | texts | st.none() | st.integers(-1, 1))
        said[name] = value
    return kind, said


@st.composite
def events(draw: st.DrawFn) -> Sent:  # noqa: PLR0911 - one per kind of change
    """An event whose envelope and payload are right but for what was drawn otherwise."""
    kind, payload = draw(payloads())
    sent = Sent.of(payload, kind)
    match draw(
        st.sampled_from(["", "", "", "attribute", "time", "type", "media", "left", "twice", "name", "encoding"])
    ):
        case "attribute":
            name = draw(
                st.sampled_from(["id", "source", "type", "subject", "dataschema", "correlationid", "specversion"])
            )
            return sent.having(**{name: draw(texts)})
        case "time":
            return sent.having(time=draw(instants))
        case "type":
            return sent.having(type=draw(st.sampled_from(["duban.hazard.closed.v1", "duban.hazard.sold.v1"])))
        case "media":
            return sent.having(datacontenttype=draw(media_types))
        case "left":
            return sent.having(**{draw(st.sampled_from(["id", "source", "type", "specversion"])): None})
        case "twice":
            name, _ = draw(st.sampled_from(sent.attributes))
            return Sent(sent.data, (*sent.attributes, (name, draw(st.sampled_from(["1.0", "other"])))))
        case "name":
            name = draw(st.sampled_from(sorted(payload)))
            return Sent(
                f'{sent.data[:-1]}, "{name}": {json.dumps(payload[name], ensure_ascii=False)}}}', sent.attributes
            )
        case "encoding" if _fits(sent, "gbk"):
            return Sent(sent.data, sent.attributes, draw(st.sampled_from(["gbk", "utf-16", "utf-8-sig"])))
    return sent


def _fits(sent: Sent, encoding: str) -> bool:
    try:
        return "可" in sent.data.encode(encoding).decode(encoding)
    except UnicodeEncodeError:
        return False


@pytest.mark.promise("P1")
@pytest.mark.feature("SY64")
@seed(20261121)
@settings(max_examples=tries(400), deadline=None, database=None)
@given(events())
def test_every_door_says_the_same_of_the_same_event(sent: Sent) -> None:
    said = verdicts(sent)
    (handed_on,) = {said[name] for name in DOORS.keys() - WITHOUT_BOOKS}
    (without_books,) = {said[name] for name in WITHOUT_BOOKS}
    assert without_books == handed_on or (handed_on, without_books) == (None, RESERVED), said


@pytest.mark.parametrize(("kind", "right"), CLAIMS, ids=[kind for kind, _ in CLAIMS])
def test_each_type_that_a_county_may_send_is_taken_at_every_door(kind: str, right: dict[str, Any]) -> None:
    assert set(verdicts(Sent.of(right, kind)).values()) == {None}


@pytest.mark.parametrize("reference", ["tip/JB-1", "ｔｉｐ／JB-1", " tip/JB-1", "ti\u200bp/JB-1"])
def test_a_report_under_a_reference_that_is_kept_for_tips_is_refused_where_no_books_are_and_else_the_ledgers_to_judge(
    reference: str,
) -> None:
    said = verdicts(Sent.of(REPORT | {"reference": reference}))
    assert said == {name: RESERVED if name in WITHOUT_BOOKS else None for name in DOORS}
    followed = Sent.of(RECTIFIED | {"reference": reference}, "duban.hazard.rectified.v1")
    assert set(verdicts(followed).values()) == {None}
    for free in ("TIP/JB-1", "tip-JB-1", "AQ/tip/JB-1"):
        assert set(verdicts(Sent.of(REPORT | {"reference": free})).values()) == {None}


def test_each_consumer_of_the_counties_topics_has_its_screen_here() -> None:
    assert set(SCREENS) == {each.name for each in CONSUMERS if TopicFamily.CLAIMS in each.reads}


def test_a_right_event_passes_every_door_and_one_that_is_too_large_none() -> None:
    assert set(verdicts(Sent()).values()) == {None}
    padded = Sent(Sent().data + " " * MOST_EVENT_BYTES)
    found = verdicts(padded)
    # Blanks around a member are no part of it in structured mode; blanks around a whole value are.
    assert {found["http binary"], found["kafka binary"]} == {("event-too-large", "data")}
    wide = Sent.of(
        RECTIFIED | {"evidence": [{"name": "照" * 200, "sha256": "0" * 64}] * 500}, "duban.hazard.rectified.v1"
    )
    assert set(verdicts(wide).values()) == {("event-too-large", "data")}


@seed(20261121)
@settings(max_examples=tries(300), deadline=None, database=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    st.sampled_from(" \u3000\u200b\ufeff\u00ad"),
)
def test_a_fold_is_its_own_fold_and_takes_no_notice_of_what_shows_nothing(text: str, nothing: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert folded(f"{nothing}{text}{nothing}") == folded(text)
    assert bool(folded(text)) or is_blank(text)
