from __future__ import annotations

import re
import string
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from contracts.tests.tables import each
from duban_contracts.codec import lookup
from duban_contracts.codes import CODES, Meaning
from duban_contracts.examples import examples
from duban_contracts.refusals import Refusal, refusal, violation
from duban_contracts.validation import check_payload

every_code = st.sampled_from(sorted(CODES))


def placeholders(meaning: Meaning) -> set[str]:
    templates = (meaning.zh, meaning.en)
    return {name for text in templates for _, name, _, _ in string.Formatter().parse(text) if name}


def filled(code: str, value: object = "甲") -> Refusal:
    values: dict[str, Any] = dict.fromkeys(placeholders(CODES[code]), value)
    if "rule" in values:
        values["rule"] = value or "must be said"
    return refusal(code, **{"field": "$.place", **values})


def test_a_code_says_in_both_languages_what_is_wrong_and_what_to_do() -> None:
    def says(meaning: Meaning) -> None:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", meaning.code)
        for chinese in (meaning.zh, meaning.do_zh):
            assert re.search("[一-鿿]", chinese)
            assert not chinese.endswith("。")
        for english in (meaning.en, meaning.do_en):
            assert english
            assert not english.endswith(".")
        assert meaning.status is None or 400 <= meaning.status < 600

    each(CODES.values(), says, name=lambda meaning: meaning.code)


def test_the_catalogue_is_read_whole_and_nobody_can_add_to_it() -> None:
    found = CODES["missing-field"]
    assert (found.code, found.group, found.zh, found.en) == ("missing-field", "event", "缺少必填项", "is required")
    with pytest.raises(TypeError):
        CODES["another"] = found  # type: ignore[index]


def test_no_two_codes_say_the_same() -> None:
    for sentences in (Counter(meaning.zh for meaning in CODES.values()),):
        assert [sentence for sentence, times in sentences.items() if times > 1] == []


@given(every_code, st.text(max_size=300))
def test_a_refusal_fits_the_event_that_carries_it_to_the_county(code: str, value: str) -> None:
    said = filled(code, value)
    answer = examples()["duban.claim.rejected.v1"] | {
        "code": said.code,
        "message": said.message,
        "field": said.field,
        "rule": said.rule,
    }
    assert check_payload(lookup("duban.claim.rejected.v1"), json.encode(answer)) == []


@given(every_code)
def test_a_refusal_answers_with_the_status_of_its_code(code: str) -> None:
    assert filled(code).status == (CODES[code].status or 422)


def test_a_code_that_is_not_in_the_catalogue_is_a_bug() -> None:
    with pytest.raises(KeyError):
        refusal("no-such-code")


def test_a_sentence_that_misses_a_value_is_a_bug() -> None:
    with pytest.raises(KeyError):
        refusal("batch-too-large")


def test_a_violation_begins_with_the_fields_chinese_name() -> None:
    assert violation("missing-field", "$.enterprise.uscc").message == "统一社会信用代码($.enterprise.uscc)：缺少必填项"
    assert violation("unknown-field", "$.evidence[1].size").message.startswith("$.evidence[1].size：")


def test_one_fault_has_one_code() -> None:
    """Codes that stood for the same fault at different doors (or for two faults under one name) are gone."""
    gone = {
        "invalid-event",
        "not-a-cloudevent",
        "event-id-reused",
        "too-many-events",
        "content-too-large",
        "invalid-request",
        "county-not-covered",
        "unknown-sector",
        "unknown-unit",
    }
    assert gone.isdisjoint(CODES)
