"""Problems: RFC 9457, code and sentence from the catalogue, declared once."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI, Response

from duban_contracts.codes import CODES
from duban_contracts.refusals import PROBLEM_CONTENT_TYPE, refusal
from services.chassis.web import failures
from services.chassis.web.problems import Problem, declares, example, joined, respond
from services.chassis.web.routes import Router


def test_every_code_of_the_catalogue_can_be_shown() -> None:
    shown = {code: example(code)["value"] for code in CODES}
    assert {code: each["code"] for code, each in shown.items()} == dict(zip(CODES, CODES, strict=True))
    assert [each["detail"] for each in shown.values() if "{" in each["detail"]] == []
    assert [code for code, each in shown.items() if each["status"] < 400] == []


def test_a_code_brings_its_status_and_sentence() -> None:
    problem = Problem("rate-limited", seconds=3, headers={"Retry-After": "3"})
    assert (problem.status, problem.headers) == (429, {"Retry-After": "3"})
    assert problem.body["type"] == "urn:duban:problem:rate-limited"
    assert "3 秒" in problem.body["detail"]
    for wrong in ("no-such-code", "rate-limited"):
        with pytest.raises(KeyError):
            Problem(wrong)


def test_a_refusal_becomes_a_problem_as_it_is_with_what_else_the_answer_knows() -> None:
    said = refusal("deadline-not-later", field="deadline_on", current="2026-12-01")
    problem = Problem.of(said, version=3, state=None)
    assert problem.refusal is said
    assert (problem.status, problem.body["detail"], problem.body["version"]) == (422, said.message, 3)
    assert "state" not in problem.body


def test_an_answer_is_problem_json() -> None:
    response = respond(Problem("not-found"))
    assert (response.status_code, response.media_type) == (404, PROBLEM_CONTENT_TYPE)


def test_codes_of_one_status_are_declared_together() -> None:
    responses = joined(
        declares("not-found", "state-conflict"), declares("hazard-not-found"), {200: {"description": "x"}}
    )
    assert set(responses) == {404, 409, 200}
    examples = responses[404]["content"][PROBLEM_CONTENT_TYPE]["examples"]
    assert list(examples) == ["not-found", "hazard-not-found"]
    with pytest.raises(KeyError):
        declares("no-such-code")


async def test_a_405_names_every_method_of_the_address(client: httpx.AsyncClient) -> None:
    assert (await client.put("/v1/things/x")).headers["allow"] == "DELETE, GET, HEAD"


async def test_an_address_of_its_own_is_not_taken_for_a_thing_of_that_name() -> None:
    app, routes = FastAPI(), Router()
    failures.install(app)

    @routes.get("/things/{name}", response_model=None)
    async def thing(name: str) -> Response:
        return Response(name)

    @routes.post("/things/plan", response_model=None)
    async def plan() -> Response:
        return Response()

    app.include_router(routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://t") as served:
        assert (await served.put("/things/plan")).headers["allow"] == "POST"
        assert (await served.put("/things/other")).headers["allow"] == "GET, HEAD"


async def test_what_the_framework_refuses_is_a_problem_too(client: httpx.AsyncClient) -> None:
    for response, code in (
        (await client.get("/nowhere"), "not-found"),
        (await client.delete("/v1/things"), "method-not-allowed"),
        (await client.get("/v1/things/missing"), "hazard-not-found"),
    ):
        assert response.headers["content-type"] == PROBLEM_CONTENT_TYPE
        assert (response.json()["code"], response.json()["status"]) == (code, response.status_code)
