"""If-Match and ETag: a decision holds for the version it rests on."""

from __future__ import annotations

from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.tests.web.example import confirmation
from services.chassis.web.preconditions import Precondition, etag, parse_if_match
from services.chassis.web.problems import Problem

PATH = "/v1/things/x/confirm"


@given(st.integers(1, 10**18 - 1), st.integers(1, 10**18 - 1))
def test_a_version_meets_its_own_precondition_and_no_other(seen: int, present: int) -> None:
    unmet = parse_if_match(etag(seen)).unmet(present)
    assert (unmet is None) == (seen == present)
    assert unmet is None or (unmet.code, unmet.status, unmet.field) == ("version-mismatch", 412, "If-Match")


@pytest.mark.parametrize("header", [None, "*"])
def test_without_a_version_the_row_is_taken_as_it_is(header: str | None) -> None:
    assert parse_if_match(header) == Precondition()
    assert Precondition().unmet(7) is None


@pytest.mark.parametrize(
    "header", ["", "3", '"0"', '"03"', '"-1"', 'W/"3"', '"3", "4"', '"三"', '"3" ', '"' + "1" * 5000 + '"', '"3"\n']
)
def test_anything_else_is_no_version(header: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_if_match(header)
    assert (caught.value.status, caught.value.refusal.code) == (400, "invalid-if-match")


@given(st.text(max_size=30))
def test_any_header_is_a_version_or_a_400(header: str) -> None:
    with suppress(Problem):
        assert (parse_if_match(header).version or 1) >= 1


async def test_a_stale_decision_is_told_what_stands(client: httpx.AsyncClient) -> None:
    stale = await client.post(PATH, json=confirmation(), headers={"If-Match": '"2"'})
    problem = stale.json()
    assert (stale.status_code, problem["code"], problem["version"]) == (412, "version-mismatch", 3)
    assert (problem["field"], problem["state"]) == ("If-Match", "reported")
    assert (await client.post(PATH, json=confirmation(), headers={"If-Match": '"3"'})).headers["etag"] == '"4"'
    assert (await client.post(PATH, json=confirmation(), headers={"If-Match": "3"})).status_code == 400
