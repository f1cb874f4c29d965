"""Whatever a receiver writes, its answer fits a row and a notice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels.model.answers import Answer, Verdict, read_smtp
from services.notifications.channels.model.text import readable

ANY_TEXT = st.text(st.characters(codec=None), max_size=700)
REFUSAL = "5.7.1 拒绝访问：您的地址不在许可名单内"


def as_a_client_hands_it_over(raw: bytes) -> str:
    """aiosmtplib reads replies like this."""
    return raw.decode(errors="surrogateescape")


@given(ANY_TEXT, ANY_TEXT)
def test_no_text_of_a_receiver_can_fail_to_be_stored(code: str, detail: str) -> None:
    answer = Answer(Verdict.PERMANENT, code, detail)
    for text, longest in ((answer.code, 64), (answer.detail, 300)):
        assert len(text.encode().decode()) <= longest
        assert text.isprintable()
        assert text == text.strip()
    assert answer.code


@given(st.binary(max_size=700))
def test_no_bytes_of_a_receiver_can_fail_to_be_stored(raw: bytes) -> None:
    answer = Answer(Verdict.PERMANENT, "550", as_a_client_hands_it_over(raw))
    assert answer.detail.encode().decode().isprintable()


def test_an_answer_in_gbk_is_read_as_it_was_meant() -> None:
    assert read_smtp(554, as_a_client_hands_it_over(REFUSAL.encode("gbk"))).detail == REFUSAL
    assert read_smtp(554, as_a_client_hands_it_over(REFUSAL.encode("gbk"))).code == "554 5.7.1"


def test_an_answer_in_utf_8_is_left_alone() -> None:
    assert readable(REFUSAL) == REFUSAL


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [("no\udcff", "no\\udcff"), ("a\ud800b", "a\\ud800b"), ("\udc80", "\\udc80"), ("\ud83d\udcc4", "\\ud83d\\udcc4")],
)
def test_what_is_text_in_no_encoding_is_shown_escaped(foreign: str, shown: str) -> None:
    assert readable(foreign) == shown


@pytest.mark.parametrize("empty", ["", " ", "\x00", "\u2028\n"])
def test_an_answer_always_has_a_code(empty: str) -> None:
    assert Answer(Verdict.UNKNOWN, empty).code == "unknown"


def test_a_cut_text_does_not_end_in_a_blank() -> None:
    assert Answer(Verdict.UNKNOWN, "x" * 63 + " tail", "y" * 299 + " tail").code == "x" * 63
    assert Answer(Verdict.UNKNOWN, "x", "y" * 299 + " tail").detail == "y" * 299
    assert Answer(Verdict.UNKNOWN, "x" * 70, "y" * 310).code == "x" * 64
    assert Answer(Verdict.UNKNOWN, "x", "y" * 310).detail == "y" * 300
