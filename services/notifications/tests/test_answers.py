from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.answers import read_http, read_smtp
from services.notifications.domain.delivery import Verdict


@pytest.mark.parametrize(
    ("code", "text", "verdict", "written"),
    [
        (250, "2.0.0 accepted", Verdict.ACCEPTED, "250 2.0.0"),
        (452, "4.2.2 mailbox is full", Verdict.TRANSIENT, "452 4.2.2"),
        (550, "5.1.1 no such mailbox", Verdict.PERMANENT, "550 5.1.1"),
        (552, "over quota", Verdict.PERMANENT, "552"),
        (421, "shutting down", Verdict.TRANSIENT, "421"),
        (554, "told 5.7.1 somewhere", Verdict.PERMANENT, "554"),
    ],
)
def test_an_smtp_reply_is_read_by_its_code(code: int, text: str, verdict: Verdict, written: str) -> None:
    answer = read_smtp(code, text)
    assert (answer.verdict, answer.code) == (verdict, written)


@pytest.mark.parametrize(
    ("status", "body", "verdict", "code"),
    [
        (204, b"", Verdict.ACCEPTED, "204"),
        (200, b'{"errcode":0,"errmsg":"ok"}', Verdict.ACCEPTED, "200"),
        (200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', Verdict.PERMANENT, "errcode-93000"),
        (200, b' {"errcode":45009}', Verdict.TRANSIENT, "errcode-45009"),
        (200, b'{"ok": true}', Verdict.ACCEPTED, "200"),
        (200, b"{not json", Verdict.ACCEPTED, "200"),
        (302, b"", Verdict.PERMANENT, "302"),
        (403, b"", Verdict.PERMANENT, "403"),
        (408, b"", Verdict.TRANSIENT, "408"),
        (429, b"", Verdict.TRANSIENT, "429"),
        (503, b'{"errcode":0}', Verdict.TRANSIENT, "503"),
    ],
)
def test_a_response_is_read_by_its_status_and_a_robots_errcode(
    status: int, body: bytes, verdict: Verdict, code: str
) -> None:
    answer = read_http(status, body)
    assert (answer.verdict, answer.code) == (verdict, code)
    assert not answer.closes_endpoint


def test_410_closes_the_endpoint() -> None:
    answer = read_http(410, b"")
    assert answer.verdict is Verdict.PERMANENT
    assert answer.closes_endpoint


def test_retry_after_is_a_wish_in_seconds_and_a_date_is_ignored() -> None:
    assert read_http(503, b"", "120").wish == 120
    assert read_http(503, b"", "Fri, 06 Mar 2026 08:00:00 GMT").wish is None
    assert read_http(503, b"", "²").wish is None


@given(st.integers(100, 599), st.binary(max_size=200), st.none() | st.text(max_size=20))
def test_no_response_makes_the_reader_stumble(status: int, body: bytes, retry_after: str | None) -> None:
    answer = read_http(status, body, retry_after)
    assert (answer.verdict is Verdict.ACCEPTED) <= (200 <= status < 300)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_errcode_but_zero_is_a_failure(errcode: object) -> None:
    answer = read_http(200, json.dumps({"errcode": errcode}).encode())
    assert (answer.verdict is Verdict.ACCEPTED) == (errcode in (0, "0"))
    assert answer.code.isprintable()
