from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels.model.text import CUT, fitted, one_line

ROOM = len(CUT.encode())


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [("a\n b", "a b"), ("a\u2028b\x00c", "a b c"), ("  一 二  ", "一 二"), ("plain", "plain"), ("\n", "")],
)
def test_foreign_text_stands_on_one_line(foreign: str, shown: str) -> None:
    assert one_line(foreign) == shown


@given(st.text(max_size=200), st.integers(ROOM, 400))
def test_a_text_never_has_more_bytes_than_a_channel_takes_and_says_that_it_was_cut(text: str, longest: int) -> None:
    shown = fitted(text, longest)
    assert len(shown.encode()) <= longest
    if len(text.encode()) <= longest:
        assert shown == text
    else:
        assert shown.endswith(CUT)
        assert text.startswith(shown.removesuffix(CUT))
        assert len(shown.encode()) > longest - 4


def test_without_a_limit_nothing_is_cut() -> None:
    assert fitted("字" * 10_000, None) == "字" * 10_000


def test_a_text_that_just_fits_is_whole_and_one_byte_less_cuts_it() -> None:
    text = "字" * 40
    assert fitted(text, 120) == text
    assert fitted(text, 119).endswith(CUT)


def test_a_limit_without_room_for_saying_so_is_refused() -> None:
    assert fitted("字" * ROOM, ROOM) == CUT
    with pytest.raises(ValueError, match="have no room"):
        fitted("字" * ROOM, ROOM - 1)
