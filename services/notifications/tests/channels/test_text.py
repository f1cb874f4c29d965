from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels.model.text import CUT, fitted, one_line

ROOM = len(CUT.encode())


def utf8(text: str) -> int:
    return len(text.encode())


def as_json(text: str) -> int:
    return len(msgspec.json.encode({"text": text}))


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [("a\n b", "a b"), ("a\u2028b\x00c", "a b c"), ("  一 二  ", "一 二"), ("plain", "plain"), ("\n", "")],
)
def test_foreign_text_stands_on_one_line(foreign: str, shown: str) -> None:
    assert one_line(foreign) == shown


@given(st.text(max_size=200), st.integers(ROOM, 400))
def test_a_text_never_has_more_bytes_than_a_channel_takes_and_says_that_it_was_cut(text: str, longest: int) -> None:
    shown = fitted(text, longest, utf8)
    assert len(shown.encode()) <= longest
    if len(text.encode()) <= longest:
        assert shown == text
    else:
        assert shown.endswith(CUT)
        assert text.startswith(shown.removesuffix(CUT))
        assert len(shown.encode()) > longest - 4


@given(st.text(st.sampled_from('字a"\\\n'), max_size=300), st.integers(ROOM + 20, 400))
def test_what_counts_is_what_the_channel_makes_of_a_text_and_no_more_is_cut_than_must_be(
    text: str, longest: int
) -> None:
    shown = fitted(text, longest, as_json)
    assert as_json(shown) <= longest
    kept = len(shown.removesuffix(CUT))
    assert shown == text or as_json(text[: kept + 1] + CUT) > longest


def test_without_a_limit_nothing_is_cut() -> None:
    assert fitted("字" * 10_000, None, utf8) == "字" * 10_000


def test_a_text_that_just_fits_is_whole_and_one_byte_less_cuts_it() -> None:
    text = "字" * 40
    assert fitted(text, 120, utf8) == text
    assert fitted(text, 119, utf8).endswith(CUT)


def test_a_limit_without_room_for_saying_so_is_refused() -> None:
    assert fitted("字" * ROOM, ROOM, utf8) == CUT
    with pytest.raises(ValueError, match="have no room"):
        fitted("字" * ROOM, ROOM - 1, utf8)
