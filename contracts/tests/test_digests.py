"""What an event says is remembered by its digest: the order of names in a table says nothing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.codec import digest_of, encode, says
from duban_contracts.events.claims import TaskReported
from duban_contracts.examples import examples

TYPE = "duban.task.reported.v1"
RIGHT = examples()[TYPE]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
forms = st.dictionaries(st.text(max_size=3), values, max_size=4)
figures = st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{1,3}", fullmatch=True), st.integers(0, 9), max_size=5)


def report(**said: Any) -> TaskReported:
    return msgspec.json.decode(json.dumps({**RIGHT, **said}), type=TaskReported)


def as_sent(data: TaskReported) -> bytes:
    """What releases kept that took the order of a table's names for content."""
    return hashlib.sha256(TYPE.encode() + b"\n" + encode(data)).digest()


def reordered(data: st.DataObject, value: Any) -> Any:
    """The same value with the names of each object in some other order, at every depth."""
    if isinstance(value, dict):
        return {name: reordered(data, value[name]) for name in data.draw(st.permutations(list(value)))}
    return [reordered(data, item) for item in value] if isinstance(value, list) else value


@given(st.data(), forms, figures)
def test_in_whatever_order_the_names_of_a_table_come_it_says_the_same(
    data: st.DataObject, form: dict[str, Any], said: dict[str, int]
) -> None:
    first = report(form=form, figures=said)
    second = report(form=reordered(data, form), figures=reordered(data, said))
    assert digest_of(TYPE, second) == digest_of(TYPE, first)
    assert says(TYPE, second, digest_of(TYPE, first))


@given(forms, figures)
def test_what_a_release_before_kept_of_the_same_bytes_is_known_again(
    form: dict[str, Any], said: dict[str, int]
) -> None:
    data = report(form=form, figures=said)
    assert says(TYPE, data, as_sent(data))


@given(forms, forms)
def test_two_tables_that_say_other_things_are_not_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = digest_of(TYPE, report(form=one)) == digest_of(TYPE, report(form=other))
    assert same == (_typed(one) == _typed(other))


def _typed(value: Any) -> Any:
    """The value, with what is equal to Python alone kept apart: true is no 1."""
    if isinstance(value, dict):
        return {name: _typed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return (isinstance(value, bool), value)


def test_a_whole_number_is_the_same_with_and_without_its_zero() -> None:
    assert digest_of(TYPE, report(form={"a": [1.0]})) == digest_of(TYPE, report(form={"a": [1]}))
    assert digest_of(TYPE, report(form={"a": 1.5})) != digest_of(TYPE, report(form={"a": 1}))
    assert digest_of(TYPE, report(form={"a": True})) != digest_of(TYPE, report(form={"a": 1}))
    assert digest_of(TYPE, report(form={"a": "1.0"})) != digest_of(TYPE, report(form={"a": "1"}))


def test_a_number_that_no_form_may_hold_has_a_digest_all_the_same() -> None:
    """A consumer asks for it before anybody has judged the form."""
    assert digest_of(TYPE, report(form={"a": 10**300})) != digest_of(TYPE, report(form={"a": 10**300 + 1}))


def test_a_digest_of_before_is_of_its_own_order_alone() -> None:
    sent, again = report(figures={"bb": 2, "aa": 1}), report(figures={"aa": 1, "bb": 2})
    assert as_sent(sent) != digest_of(TYPE, sent)
    assert as_sent(again) == digest_of(TYPE, again)
    assert not says(TYPE, report(figures={"aa": 1, "bb": 3}), as_sent(sent))
