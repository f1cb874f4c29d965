"""Bodies: closed, read from their bytes, every broken rule told at once in the contract's words."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from services.chassis.tests.web.example import Confirm, Note, Submit, Tally, app, client_of, confirmation, told
from services.chassis.web.bodies import body_of
from services.chassis.web.documents import decoded

PATH = "/v1/things/x/confirm"
JSON = {"content-type": "application/json"}
WHOLE = b'{"responsible_unit": "fire_rescue", "deadline_on": "2026-12-01"}'


async def test_a_right_body_is_the_command_itself_and_its_answer_carries_the_version(client: httpx.AsyncClient) -> None:
    evidence = [{"name": "整改前照片", "sha256": "0" * 64}]
    response = await client.post(PATH, json=confirmation(evidence=evidence, criterion=None))
    assert response.status_code == 200, response.text
    assert response.headers["etag"] == '"4"'
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert (body["grade"], body["evidence"], body["version"]) == ("major", evidence, 4)


async def in_parts(part: bytes, times: int) -> AsyncIterator[bytes]:
    for _ in range(times):
        yield part


@pytest.mark.parametrize("declared", [True, False])
async def test_more_than_any_command_holds_is_413_before_it_is_kept(
    client: httpx.AsyncClient, *, declared: bool
) -> None:
    part = b" " * 65536
    response = await client.post(PATH, content=part * 17 if declared else in_parts(part, 17), headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")
    assert (await client.post(PATH, content=WHOLE + b" " * 1_000_000, headers=JSON)).status_code != 413


async def test_everything_that_is_wrong_is_told_at_once_with_code_field_and_rule(client: httpx.AsyncClient) -> None:
    wrong = {
        "grade": "huge",
        "deadline_on": "2026-13-01",
        "criterion": "",
        "evidence": [{"name": "照片", "sha256": "0" * 64}, {"name": "a\nb", "sha256": "0", "size": 3}],
        "colour": "red",
    }
    response = await client.post(PATH, json=wrong)
    assert response.status_code == 422
    problem = response.json()
    assert told(response) == {
        "grade": "unknown-value",
        "responsible_unit": "missing-field",
        "deadline_on": "bad-date",
        "criterion": "too-short",
        "evidence[1].name": "control-character",
        "evidence[1].sha256": "too-short",
        "evidence[1].size": "unknown-field",
        "colour": "unknown-field",
    }
    assert (problem["code"], problem["field"]) == ("invalid-field", "grade")
    assert "general, major" in problem["detail"]
    assert all(error["rule"] and re.search("[\u4e00-\u9fff]", error["detail"]) for error in problem["errors"])
    assert not any("$" in error["detail"] for error in problem["errors"])


async def test_a_code_outside_its_vocabulary_is_told(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH, json=confirmation(sector="alchemy"))
    assert told(response) == {"sector": "unknown-term"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "not-json"),
        (b'{"grade": "' + "重大".encode("gbk") + b'"}', "bad-encoding"),
        (b'\xef\xbb\xbf{"grade": "major"}', "bad-encoding"),
        ('{"grade": "major"}'.encode("utf-16"), "bad-encoding"),
        (b'{"grade": "\\ud800" "major"}', "not-json"),
        (b'{"grade": NaN}', "not-json"),
        (b"[" * 100_000, "not-json"),
        (b"[]", "wrong-type"),
        (b"null", "wrong-type"),
        (b"3", "wrong-type"),
    ],
)
async def test_a_body_that_can_not_be_read_is_named_as_a_whole(
    client: httpx.AsyncClient, content: bytes, code: str
) -> None:
    response = await client.post(PATH, content=content, headers=JSON)
    assert response.status_code == 422
    assert told(response) == {"body": code}


async def test_half_a_character_is_named_at_its_place(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH, content=b'{"grade": "major\\ud800", ' + WHOLE[1:], headers=JSON)
    assert told(response) == {"grade": "control-character"}


@pytest.mark.parametrize("number", [b"1e400", b"9" * 400, b"-" + b"9" * 5000])
async def test_a_number_that_nobody_can_hold_is_named_at_its_place(client: httpx.AsyncClient, number: bytes) -> None:
    response = await client.post(PATH, content=b'{"grade": ' + number + b", " + WHOLE[1:], headers=JSON)
    assert told(response)["grade"] == "out-of-range"


async def test_a_field_that_stands_twice_is_refused_since_readers_differ_in_which_they_take(
    client: httpx.AsyncClient,
) -> None:
    response = await client.post(PATH, content=b'{"grade": "major", "grade": "general", ' + WHOLE[1:], headers=JSON)
    assert told(response) == {"grade": "repeated-name"}


async def test_no_body_is_a_missing_one(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH)
    assert told(response) == {"body": "missing-field"}


async def test_who_has_no_key_is_told_that_and_not_what_is_wrong_with_the_request(client: httpx.AsyncClient) -> None:
    del client.headers["authorization"]
    for response in (
        await client.post(PATH, content=b"{", headers=JSON),
        await client.post(PATH, json={"colour": 1}, params={"size": "large"}),
        await client.get("/v1/things", params={"limit": 0}),
    ):
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


async def test_a_text_without_limits_still_takes_no_character_that_postgresql_can_not_hold(
    stored: httpx.AsyncClient,
) -> None:
    response = await stored.post("/v1/notes", content=b'{"text": "a\\u0000b"}', headers=JSON)
    assert told(response) == {"text": "control-character"}
    assert (await stored.post("/v1/notes", content=rb'{"text": "a\\u0000b"}', headers=JSON)).status_code == 201


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**400])
def test_a_number_without_limits_takes_none_beyond_a_bigint(number: int) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        decoded(b'{"number": %d}' % number, Tally)
    assert caught.value.context is not None
    assert [one.code for one in caught.value.context["violations"]] == ["out-of-range"]
    assert decoded(b'{"number": %d}' % (2**63 - 1), Tally).number == 2**63 - 1


async def test_a_field_that_the_server_fills_is_no_field_of_the_body(client: httpx.AsyncClient) -> None:
    path = "/v1/things/x/submit"
    response = await client.post(path, json={"measures": "已更换"})
    assert (response.status_code, response.json()) == (201, {"text": "已更换"})
    refused = await client.post(path, json={"measures": "已更换", "submitted_at": "2026-11-25T00:00:00Z"})
    assert told(refused) == {"submitted_at": "unknown-field"}


def test_a_body_keeps_the_limits_and_defaults_of_its_command() -> None:
    whole = body_of(Confirm)
    assert [field.name for field in msgspec.structs.fields(whole)] == list(Confirm.__struct_fields__)
    assert decoded(json.dumps(confirmation()).encode(), whole).command() == decoded(
        json.dumps(confirmation()).encode(), Confirm
    )
    with pytest.raises(ValueError, match="no field submited_at"):
        body_of(Submit, without=("submited_at",))
    with pytest.raises(TypeError):
        decoded(b'{"measures": "x"}', body_of(Submit, without=("submitted_at",))).command()


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.sampled_from([*Confirm.__struct_fields__, "colour"]), JSON_VALUES)


@given(st.binary(max_size=40) | st.builds(lambda fields: json.dumps(confirmation(**fields)).encode(), FIELDS))
def test_any_bytes_are_a_command_or_refused_with_reasons(text: bytes) -> None:
    refused = None
    try:
        found = decoded(text, Confirm)
    except PydanticCustomError as error:
        refused = error
    if refused is None:
        # What was taken is what the contract's own types take: encoded and read again it is the same.
        assert decoded(msgspec.json.encode(found), Confirm) == found
        assert "\0" not in str(found)
    else:
        assert refused.context is not None
        assert refused.context["violations"]


@given(st.text())
def test_no_text_that_postgresql_can_not_hold_passes(text: str) -> None:
    content = json.dumps({"text": text}).encode()
    try:
        note = decoded(content, Note)
    except PydanticCustomError:
        assert "\0" in text
    else:
        assert note.text.encode() == text.encode()
        assert "\0" not in note.text


async def test_a_plain_struct_answers_too() -> None:
    async with client_of(app()) as client:
        assert (await client.get("/v1/echo")).json() == {"text": "None None"}
