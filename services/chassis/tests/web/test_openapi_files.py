"""docs/openapi shows what the services answer today, and every service keeps the house's rules of HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import Request
from fastapi.routing import iter_route_contexts

from services.chassis.openapi import FOLDER, ROOT
from services.chassis.unconnected import app_without_servers, service_names
from services.chassis.web.routes import Route, strangers

SERVICES = service_names()
# A calendar program can't send a key: the address itself is the secret.
OPEN = {"GET /v1/calendar-feeds/{token}.ics"}


def operations(service: str) -> dict[str, dict[str, Any]]:
    paths = app_without_servers(service).openapi()["paths"]
    return {f"{method.upper()} {path}": one for path, way in paths.items() for method, one in way.items()}


def test_there_is_a_document_for_each_service_and_no_other() -> None:
    assert {path.name for path in (ROOT / FOLDER).iterdir()} == {f"{name}.json" for name in SERVICES} | {"README.md"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_is_one_of_the_house(service: str) -> None:
    """Only those refuse unknown parameters, read structs and declare their errors."""
    foreign = [
        context.path
        for context in iter_route_contexts(app_without_servers(service).routes)
        if context.path != "/openapi.json" and not isinstance(context.original_route, Route)
    ]
    assert foreign == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_parameter_that_is_no_list_is_refused_when_it_is_given_twice(service: str) -> None:
    app, described = app_without_servers(service), operations(service)
    for route in (each for each in app.routes if isinstance(each, Route)):
        for method in route.methods or ():
            asked = described.get(f"{method} {route.path}", {}).get("parameters", ())
            query = {each["name"]: each["schema"].get("type") == "array" for each in asked if each["in"] == "query"}
            for name, is_list in query.items():
                scope = {
                    "type": "http",
                    "route": route,
                    "query_string": f"{name}=1&{name}=1".encode(),
                    "path_params": {},
                }
                told = [(one.code, one.field) for one in strangers(Request(scope))]
                assert told == ([] if is_list else [("repeated-parameter", name)]), route.path


@pytest.mark.parametrize("service", SERVICES)
def test_routes_with_one_answer_keep_one_field_of_it(service: str) -> None:
    """FastAPI makes one for each route, with all that pydantic knows of the answer: 1 MB of the ledger."""
    routes = [each for each in app_without_servers(service).routes if isinstance(each, Route) and each.response_field]
    kept = {id(route.response_field) for route in routes}
    assert len(kept) == len({route.response_model for route in routes})


@pytest.mark.parametrize("service", SERVICES)
def test_every_component_has_one_plain_name(service: str) -> None:
    """No `Body_…` that FastAPI made up, no module path that two classes of one name would get."""
    names = app_without_servers(service).openapi()["components"]["schemas"]
    assert [name for name in names if not re.fullmatch(r"[A-Z][A-Za-z]*(-Input|-Output)?", name)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_says_what_it_is_and_what_it_answers(service: str) -> None:
    for place, one in operations(service).items():
        assert one["summary"], place
        for status, response in one["responses"].items():
            schemas = [content.get("schema") for content in response.get("content", {}).values()]
            assert all(schemas), f"{place}: {status} has no schema"


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_asks_for_a_key_unless_it_is_open_on_purpose(service: str) -> None:
    for place, one in operations(service).items():
        if place in OPEN:
            assert one["security"] == [], place
        elif "/v1/" in place:
            assert one["security"], place
            assert {"401", "403"} <= one["responses"].keys(), place


@pytest.mark.parametrize("service", SERVICES)
def test_every_error_is_problem_json_and_every_body_is_closed(service: str) -> None:
    document = app_without_servers(service).openapi()
    for place, one in operations(service).items():
        for status, response in one["responses"].items():
            if status >= "400" and not place.startswith("GET /readyz"):
                assert set(response["content"]) == {"application/problem+json"}, f"{place}: {status}"
        for content in one.get("requestBody", {}).get("content", {}).values():
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            if name:
                assert document["components"]["schemas"][name]["additionalProperties"] is False, place
