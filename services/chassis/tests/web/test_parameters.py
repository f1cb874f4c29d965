"""Query and path parameters: refused by name, in Chinese, with the rule and the values that are allowed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.tests.web.example import app, client_of, told


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("grade", "huge", "unknown-value", "general, major"),
        ("limit", "0", "out-of-range", "不小于1"),
        ("limit", "1001", "out-of-range", "不大于1000"),
        ("limit", "many", "wrong-type", "整数"),
        ("on", "0", "bad-date", "日期"),
        ("on", "1700000000", "bad-date", "日期"),
        ("on", "2026-13-01", "bad-date", "日期"),
        ("on", "9999-12-31", "out-of-range", "2999-12-31"),
        ("on", "0001-01-01", "out-of-range", "1900-01-01"),
        ("due_before", "0.5", "bad-time", "时区"),
        ("due_before", "2026-11-21T08:30:00", "bad-time", "时区"),
        ("due_before", "0001-01-01T00:00:00+08:00", "bad-time", "时区"),
        ("due_before", "9999-12-31T23:59:59-08:00", "bad-time", "时区"),
        ("county", "14050", "too-short", "县区代码(county)"),
        ("unit", "Fire", "wrong-format", "格式"),
        ("by", "grade,colour", "unknown-value", "county, grade"),
    ],
)
async def test_a_wrong_value_is_refused_by_name_with_its_rule(
    client: httpx.AsyncClient, name: str, value: str, code: str, words: str
) -> None:
    response = await client.get("/v1/things", params={name: value})
    assert response.status_code == 422
    assert told(response) == {name: code}
    problem = response.json()
    assert words in problem["detail"]
    assert problem["rule"]


async def test_a_position_beyond_what_postgresql_counts_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/echo", params={"position": 2**63})
    assert told(response) == {"position": "out-of-range"}
    assert (await client.get("/v1/echo", params={"position": 2**63 - 1})).status_code == 200


async def test_several_wrong_values_are_told_at_once(client: httpx.AsyncClient) -> None:
    wrong: dict[str, str | int] = {"grade": "huge", "limit": 0, "on": "x", "colour": "red", "after": "x"}
    response = await client.get("/v1/things", params=wrong)
    assert told(response) == {
        "grade": "unknown-value",
        "limit": "out-of-range",
        "on": "bad-date",
        "after": "bad-cursor",
        "colour": "unknown-parameter",
    }
    assert response.json()["code"] == "invalid-field"


async def test_an_unknown_parameter_is_refused_and_the_known_ones_are_named(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/things", params={"uscc": "91140500", "sort": "name"})
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "unknown-parameter")
    assert told(response) == {"uscc": "unknown-parameter", "sort": "unknown-parameter"}
    assert "due_before" in problem["detail"]
    for path in ("/healthz", "/readyz", "/v1/trace/x"):
        assert (await client.get(path, params={"colour": "red"})).json()["code"] == "unknown-parameter"
    assert (await client.post("/v1/things/x/submit", params={"dry": "1"}, json={"measures": "x"})).status_code == 422


@pytest.mark.parametrize(
    "query", ["unit=fire&unit=fire", "limit=2&limit=3", "unit=&unit=fire", "due_before&due_before"]
)
async def test_what_takes_one_value_is_refused_when_it_has_two(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"/v1/things?{query}")
    name = query.partition("=")[0].partition("&")[0]
    assert response.status_code == 422
    assert (response.json()["errors"][-1]["code"], response.json()["errors"][-1]["field"]) == (
        "repeated-parameter",
        name,
    )
    assert "查询参数只能出现一次" in response.json()["errors"][-1]["detail"]
    others = {each["code"] for each in response.json()["errors"]} - {"repeated-parameter"}
    assert response.json()["code"] == ("invalid-field" if others else "repeated-parameter")


async def test_an_empty_query_is_no_unknown_parameter(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/things?")).status_code == 200


@pytest.mark.parametrize("path", ["/v1/things/%00", "/v1/things/a%00b"])
async def test_nul_in_a_path_is_refused(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert told(response) == {"name": "control-character"}


@pytest.mark.parametrize("value", ["%00", "%ff", "%ed%a0%80", "%c0%80", "%d6%d8%b4%f3"])
async def test_nul_and_bytes_that_are_no_utf8_are_refused(client: httpx.AsyncClient, value: str) -> None:
    for response in (await client.get(f"/v1/things?unit={value}"), await client.get(f"/v1/things/{value}")):
        assert response.status_code == 422
        assert set(told(response)) <= {"unit", "name"}


async def test_a_replacement_character_that_was_really_sent_passes(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/things/%EF%BF%BD")).json()["name"] == "\N{REPLACEMENT CHARACTER}"


async def test_days_and_instants_arrive_as_they_were_meant(client: httpx.AsyncClient) -> None:
    query = {"on": "2026-11-21", "due_before": "2026-11-21T08:30:00+08:00"}
    assert (await client.get("/v1/echo", params=query)).json() == {"text": "2026-11-21 2026-11-21T00:30:00+00:00"}


async def test_a_list_of_codes_may_be_written_either_way(client: httpx.AsyncClient) -> None:
    for query in ("by=county,grade", "by=county&by=grade", "by=county,county"):
        assert (await client.get(f"/v1/things?{query}")).status_code == 200
    for query in ("by=", "by=county,"):
        assert (await client.get(f"/v1/things?{query}")).json()["field"] == "by"


SERVED = app()
PARAMETERS = st.sampled_from(["grade", "limit", "on", "due_before", "county", "unit", "by", "after", "position", "q"])


@given(st.dictionaries(PARAMETERS, st.text(max_size=30).filter(lambda text: text.isprintable() or "\0" in text)))
async def test_no_query_is_a_bug_of_ours(query: dict[str, Any]) -> None:
    async with client_of(SERVED) as client:
        response = await client.get("/v1/things", params=query)
    assert response.status_code in {200, 422}
