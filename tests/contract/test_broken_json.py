"""Faults in the writing of one event: halves of characters, broken JSON, numbers that nobody can hold. Each has one code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.cloudevents import split_batch
from duban_contracts.codec import event_types
from duban_contracts.conformance import check
from duban_contracts.examples import examples
from duban_contracts.topics import TopicFamily
from services.gateway.intake.model.claims import Claim, RefusedEvent
from services.gateway.intake.model.examination import Examiner
from tests.contract.doors import COUNTY, PRESENT, REPORT, TOPIC, Sent, said

EXAMINER = Examiner(COUNTY, TOPIC, None, PRESENT)
HALVES = [r"\ud83d", r"\uDC00", r"\ud83d\ud83d\ude00", r"\\\udbff"]
CLAIMS = [entry.name for entry in event_types() if entry.family is TopicFamily.CLAIMS]
FILED = "duban.task.reported.v1"


def placed(place: str) -> Sent:
    """A report whose `place` is written so."""
    return Sent(Sent().data.replace(json.dumps(REPORT["place"], ensure_ascii=False), place))


def filed(figures: str = "{}", form: str = "null") -> Sent:
    """A 任务办理 whose figures and form are written so."""
    right = {**examples()[FILED], "filed_on": "2026-11-20", "findings": [], "figures": None, "form": None}
    written = json.dumps(right, ensure_ascii=False)
    written = written.replace('"figures": null', f'"figures": {figures}').replace('"form": null', f'"form": {form}')
    return Sent(written).having(type=FILED)


@pytest.mark.promise("P1")
@pytest.mark.parametrize("half", HALVES)
def test_half_a_character_is_named_at_its_place_at_every_door(half: str) -> None:
    assert said(placed(f'"火警{half}"')) == ("control-character", "$.place")
    assert said(filed(form=f'{{"a": ["{half}"]}}')) == ("control-character", "$.form.a[0]")
    assert said(filed(form=f'{{"a{half}": 1}}')) == ("control-character", "$.form")
    code, field = said(Sent(f'{Sent().data[:-1]}, "x{half}": 1}}')) or ("", "")
    assert (code, "\ufffd" in str(field)) == ("unknown-field", True)


@pytest.mark.parametrize("whole", [r"\ud83d\ude00", r"\\ud83d", r"\\\ud83d\ude00"])
def test_a_whole_character_in_two_escapes_and_an_escaped_backslash_are_taken(whole: str) -> None:
    assert said(placed(f'"火警{whole}"')) is None


@pytest.mark.parametrize("kind", CLAIMS)
def test_no_text_of_a_claim_may_hold_half_a_character(kind: str) -> None:
    payload = json.dumps(examples()[kind], ensure_ascii=False)
    pieces = payload.split('"')
    for index in range(1, len(pieces), 2):
        broken = '"'.join([*pieces[:index], pieces[index] + r"\ud83d", *pieces[index + 1 :]])
        assert said(Sent(broken).having(type=kind)) is not None, pieces[index]


def test_half_a_character_in_an_attribute_is_the_attributes() -> None:
    document = Sent().document().replace(b't2-0001"', rb't2-0001\ud83d"', 1)
    found = EXAMINER.structured(document)
    assert isinstance(found, RefusedEvent)
    assert [(each.code, each.field) for each in found.refusals] == [("bad-envelope", "id")]


@pytest.mark.parametrize("place", ['"储罐\n区"', "NaN", "Infinity"])
def test_broken_json_is_named_so_at_every_door(place: str) -> None:
    assert said(placed(place)) == ("not-json", "$")


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (placed(r'"火警\ud83d"'), "control-character"),
        (placed('"a\nb"'), "not-json"),
        (Sent(encoding="gbk"), "bad-encoding"),
    ],
    ids=["half", "line", "gbk"],
)
def test_an_event_that_can_not_be_read_leaves_its_neighbours_alone(broken: Sent, code: str) -> None:
    right, other = Sent().having(id="t2-0002"), placed(r'"\ud83d"').having(id="t2-0003")
    for several in ([broken, right], [right, broken], [broken, other, right]):
        batch = b"[ " + b" ,\n".join(each.document() for each in several) + b" ]\n"
        found = [EXAMINER.structured(part) for part in split_batch(batch)]
        assert [isinstance(each, Claim) for each in found] == [each is right for each in several]
        (refused,) = (each for each, sent in zip(found, several, strict=True) if sent is broken)
        assert isinstance(refused, RefusedEvent)
        assert (refused.event_id, refused.refusals[0].code) == ("t2-0001", code)
        kit = [finding.violations[0].code if finding.violations else None for finding in check(batch, COUNTY, PRESENT)]
        assert kit == [None if sent is right else code if sent is broken else "control-character" for sent in several]


def test_the_kit_names_what_is_wrong_in_one_document_and_in_one_line_of_many() -> None:
    half = placed(r'"\ud83d"').document()
    for raw in (half, Sent().having(id="t2-0002").document() + b"\n" + half):
        finding = check(raw, COUNTY, PRESENT)[-1]
        assert [(each.code, each.field) for each in finding.violations] == [("control-character", "$.place")]


@given(
    st.lists(
        st.recursive(
            st.none() | st.integers() | st.text(st.characters()),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
            max_leaves=6,
        ),
        min_size=1,
    ),
    st.sampled_from([None, 1, "\t"]),
)
def test_a_batch_is_cut_where_its_elements_end_whatever_they_hold(items: list[Any], indent: int | str | None) -> None:
    """Halves of characters are among the texts, so that many of these batches no reader takes whole."""
    parts = split_batch(json.dumps([*items, "\ud83d"], indent=indent).encode())
    assert [json.loads(bytes(part)) for part in parts] == [*items, "\ud83d"]


NUMBERS = ["1e400", "-1e400", "1.5E+309", "9" * 400, "-" + "9" * 310, "9" * 5000]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:7] + str(len(number)))
def test_a_number_that_nobody_can_hold_is_named_at_its_place_at_every_door(number: str) -> None:
    assert said(filed(f'{{"checks": {number}}}')) == ("out-of-range", "$.figures.checks")
    assert said(filed(form=f'{{"a": [{{"b": {number}}}]}}')) == ("out-of-range", "$.form.a[0].b")
    assert said(Sent(f'{Sent().data[:-1]}, "x": {number}}}')) == ("unknown-field", "$.x")
    assert said(filed(f'{{"checks": {number}, "b": NaN}}')) == ("not-json", "$")


def test_of_a_number_that_nobody_can_hold_and_other_faults_all_are_told() -> None:
    found = EXAMINER.structured(filed('{"checks": 1e400, "Checks": 1}').document())
    assert isinstance(found, RefusedEvent)
    assert {(each.code, each.field) for each in found.refusals} >= {("out-of-range", "$.figures.checks")}
    assert len(found.refusals) > 1
