"""Idempotency-Key without a database: which header is a key, and what makes two requests the same."""

from __future__ import annotations

import httpx
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.web.idempotency import LONGEST_KEY, fingerprint_of, parse_key
from services.chassis.web.problems import Problem


@given(st.text(max_size=300))
def test_any_header_is_a_key_or_a_400(header: str) -> None:
    try:
        key = parse_key(header)
    except Problem as problem:
        assert problem.status == 400  # noqa: PT017 - or it is a key
    else:
        assert 1 <= len(key) <= LONGEST_KEY
        assert key.isascii()
        assert key.isprintable()
        assert key.strip('"') == key


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_other_content_has_another_fingerprint(one: bytes, other: bytes) -> None:
    same = fingerprint_of("POST", "/x", one) == fingerprint_of("POST", "/x", other)
    assert same or one != other
    assert fingerprint_of("POST", "/x", one) != fingerprint_of("POST", "/y", one)


async def test_a_route_that_takes_no_key_does_not_mind_one(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/things", headers={"Idempotency-Key": "k"})).status_code == 200
