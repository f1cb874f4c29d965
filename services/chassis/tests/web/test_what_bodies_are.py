"""What a body says that it is: plain JSON by any of its names, and nothing else."""

from __future__ import annotations

import json

import httpx
import pytest

from services.chassis.tests.web.example import confirmation

PATH = "/v1/things/x/confirm"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
async def test_another_content_type_is_415(client: httpx.AsyncClient, kind: str) -> None:
    response = await client.post(PATH, content=json.dumps(confirmation()), headers={"content-type": kind})
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([("content-type", "application/json"), ("content-encoding", "gzip")], "Content-Encoding"),
        ([("content-type", "application/json; charset=gbk")], "Content-Type"),
        ([("content-type", "text/plain")], "Content-Type"),
        ([("content-type", "application/json"), ("content-type", "text/plain")], "Content-Type"),
        ([("content-type", "application/json"), ("content-type", "application/json")], "Content-Type"),
    ],
    ids=str,
)
async def test_a_body_that_says_it_is_no_plain_json_is_415_whatever_it_holds_and_the_header_at_fault_is_named(
    client: httpx.AsyncClient, lines: list[tuple[str, str]], field: str
) -> None:
    response = await client.post(PATH, content=json.dumps(confirmation()), headers=lines)
    problem = response.json()
    assert (response.status_code, problem["code"], problem["field"]) == (415, "unsupported-media-type", field)
    # For engineers, in English.
    assert problem["rule"].isascii()


async def test_a_body_that_says_it_is_not_compressed_is_taken(client: httpx.AsyncClient) -> None:
    headers = {**JSON, "content-encoding": "identity"}
    response = await client.post(PATH, content=json.dumps(confirmation()), headers=headers)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/vnd.city+json"])
async def test_json_by_any_of_its_names_is_taken(client: httpx.AsyncClient, kind: str) -> None:
    response = await client.post(PATH, content=json.dumps(confirmation()), headers={"content-type": kind})
    assert response.status_code == 200, response.text
