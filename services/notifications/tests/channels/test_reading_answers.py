from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels.model.answers import (
    LONGEST_BODY,
    Away,
    Response,
    Verdict,
    read_http,
    read_smtp,
    unpacked,
)
from services.notifications.channels.webhook import read_webhook


@pytest.mark.parametrize(
    ("code", "text", "verdict", "written"),
    [
        (250, "2.0.0 accepted", Verdict.ACCEPTED, "250 2.0.0"),
        (452, "4.2.2 mailbox is full", Verdict.TRANSIENT, "452 4.2.2"),
        (550, "5.1.1 no such mailbox", Verdict.PERMANENT, "550 5.1.1"),
        (552, "over quota", Verdict.PERMANENT, "552"),
        (421, "shutting down", Verdict.TRANSIENT, "421"),
        (554, "told 5.7.1 somewhere", Verdict.PERMANENT, "554"),
        (200, "", Verdict.ACCEPTED, "200"),
        (299, "", Verdict.ACCEPTED, "299"),
        (199, "", Verdict.PERMANENT, "199"),
        (300, "", Verdict.PERMANENT, "300"),
        (354, "go on", Verdict.PERMANENT, "354"),
        (399, "", Verdict.PERMANENT, "399"),
        (400, "", Verdict.TRANSIENT, "400"),
        (499, "", Verdict.TRANSIENT, "499"),
        (500, "", Verdict.PERMANENT, "500"),
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
        (200, "已收到".encode("gbk"), Verdict.ACCEPTED, "200"),
        (200, '{"errcode":0,"errmsg":"成功"}'.encode("gbk"), Verdict.ACCEPTED, "200"),
        (200, '{"errcode":93000,"errmsg":"无效"}'.encode("gbk"), Verdict.PERMANENT, "errcode-93000"),
        (200, '{"errcode":93000,"errmsg":"无效"}'.encode("utf-16"), Verdict.PERMANENT, "errcode-93000"),
        (200, b'\xef\xbb\xbf{"errcode":93000}', Verdict.PERMANENT, "errcode-93000"),
        (200, b'{"errcode":' + b"9" * 5000 + b"}", Verdict.ACCEPTED, "200"),
        (200, b'{"errcode":"\\ud800"}', Verdict.PERMANENT, "errcode-\\ud800"),
        (202, b"<html>" * 10_000, Verdict.ACCEPTED, "202"),
        (500, b'{"errcode":0,"errmsg":"ok"}', Verdict.TRANSIENT, "500"),
        (404, b'{"errcode":0,"errmsg":"ok"}', Verdict.PERMANENT, "404"),
        (200, b"{" * 100_000, Verdict.ACCEPTED, "200"),
        (200, b'{"a":' * 100_000 + b"}" * 100_000, Verdict.ACCEPTED, "200"),
        (200, b'{"errcode":"0"}', Verdict.ACCEPTED, "200"),
        (200, b'[{"errcode":93000}]', Verdict.ACCEPTED, "200"),
        (200, b'{"errcode":-1}', Verdict.TRANSIENT, "errcode--1"),
        (200, b'{"errcode":45033}', Verdict.TRANSIENT, "errcode-45033"),
        (200, b'{"errcode":130101}', Verdict.TRANSIENT, "errcode-130101"),
        (200, b'{"errcode":410100}', Verdict.TRANSIENT, "errcode-410100"),
        (199, b"", Verdict.PERMANENT, "199"),
        (299, b"", Verdict.ACCEPTED, "299"),
        (300, b"", Verdict.PERMANENT, "300"),
        (302, b"", Verdict.PERMANENT, "302"),
        (400, b"", Verdict.PERMANENT, "400"),
        (425, b"", Verdict.TRANSIENT, "425"),
        (499, b"", Verdict.PERMANENT, "499"),
        (500, b"", Verdict.TRANSIENT, "500"),
        (599, b"", Verdict.TRANSIENT, "599"),
        (403, b"", Verdict.PERMANENT, "403"),
        (408, b"", Verdict.TRANSIENT, "408"),
        (429, b"", Verdict.TRANSIENT, "429"),
        (503, b'{"errcode":0}', Verdict.TRANSIENT, "503"),
    ],
)
def test_a_response_is_read_by_its_status_and_a_robots_errcode(
    status: int, body: bytes, verdict: Verdict, code: str
) -> None:
    answer = read_webhook(Response(status, body))
    assert (answer.verdict, answer.code) == (verdict, code)
    assert not answer.closes_endpoint


def test_a_robots_errcode_is_cut_to_what_a_notice_takes() -> None:
    code = read_http(Response(200, json.dumps({"errcode": "9" * 90}).encode())).code
    assert code == "errcode-" + "9" * 56


def test_an_smtp_answers_text_is_kept_on_one_line() -> None:
    assert read_smtp(550, "5.1.1 no\r\nsuch\tmailbox").detail == "5.1.1 no such mailbox"


def test_410_closes_the_endpoint() -> None:
    answer = read_http(Response(410))
    assert (answer.verdict, answer.code) == (Verdict.PERMANENT, "410")
    assert answer.closes_endpoint


def test_retry_after_counts_seconds_and_a_date_is_ignored() -> None:
    assert read_http(Response(503, b"", "120")).retry_after == 120
    assert read_http(Response(429, b"", "0")).retry_after == 0
    assert read_http(Response(503)).retry_after is None
    assert read_http(Response(503, b"", "Fri, 06 Mar 2026 08:00:00 GMT")).retry_after is None
    assert read_http(Response(503, b"", "²")).retry_after is None
    assert read_http(Response(503, b"", "１２")).retry_after is None


@given(st.integers(100, 599), st.binary(max_size=200), st.none() | st.text(max_size=20))
def test_no_response_makes_the_reader_stumble(status: int, body: bytes, retry_after: str | None) -> None:
    answer = read_http(Response(status, body, retry_after))
    assert (answer.verdict is Verdict.ACCEPTED) <= (200 <= status < 300)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_errcode_but_zero_is_a_failure(errcode: object) -> None:
    answer = read_http(Response(200, json.dumps({"errcode": errcode}).encode()))
    assert (answer.verdict is Verdict.ACCEPTED) == (errcode in (0, "0"))
    assert answer.code.isprintable()


@pytest.mark.parametrize(
    ("body", "encoding", "shown"),
    [
        (b"ok", None, b"ok"),
        (b"ok", "identity", b"ok"),
        (b"ok", "br", b"ok"),
        (gzip.compress(b"ok"), "gzip", b"ok"),
        (gzip.compress(b"ok"), " X-GZIP ", b"ok"),
        (zlib.compress(b"ok"), "deflate", b"ok"),
        (gzip.compress(b"0" * 10_000_000), "gzip", b"0" * LONGEST_BODY),
        (gzip.compress(b"ok" * 50)[:-8], "gzip", b"ok" * 50),
        (b"no gzip", "gzip", b""),
        (b"", "gzip", b""),
        (b"x" * (LONGEST_BODY + 1), None, b"x" * LONGEST_BODY),
    ],
    ids=range(11),
)
def test_a_body_is_unpacked_within_bounds(body: bytes, encoding: str | None, shown: bytes) -> None:
    assert unpacked(body, encoding) == shown


@pytest.mark.parametrize(
    ("code", "text", "away"),
    [
        (421, "4.3.2 closing", Away.UNSERVED),
        (421, "come back later", Away.UNSERVED),
        (452, "4.3.1 the disk is full", Away.UNSERVED),
        (452, "4.2.2 mailbox is full", None),
        (451, "4.7.1 greylisted", None),
        (554, "5.3.0 never", None),
        (250, "2.0.0 taken", None),
    ],
)
def test_a_mail_server_that_speaks_of_itself_is_away_and_one_that_speaks_of_a_mailbox_is_not(
    code: int, text: str, away: Away | None
) -> None:
    assert read_smtp(code, text).away is away


@pytest.mark.parametrize(
    ("status", "retry_after", "away"),
    [(503, None, Away.UNSERVED), (500, None, Away.UNSERVED), (503, "120", None), (429, None, None), (404, None, None)],
)
def test_a_server_that_is_in_trouble_and_names_no_time_is_away(
    status: int, retry_after: str | None, away: Away | None
) -> None:
    assert read_http(Response(status, b"", retry_after)).away is away
