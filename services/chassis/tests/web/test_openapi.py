"""The OpenAPI document says what is answered, and nothing that is never sent."""

from __future__ import annotations

from typing import Any

import pytest

from services.chassis.tests.web.example import app

DOCUMENT: dict[str, Any] = app().openapi()
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, way in DOCUMENT["paths"].items()
    for method, operation in way.items()
]


def operation(place: str) -> dict[str, Any]:
    found: dict[str, Any] = dict(OPERATIONS)[place]
    return found


def codes(place: str, status: str) -> set[str]:
    return set(operation(place)["responses"][status]["content"]["application/problem+json"]["examples"])


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return found.union(*(references(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(references(item) for item in value))
    return set()


def test_structs_and_enums_are_components_under_their_own_names() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert {
        "Confirm",
        "SubmitBody",
        "ThingDocument",
        "ThingDocumentPage",
        "Grade",
        "Problem",
        "Violation",
        # Closed where it is taken, open where it is answered: FastAPI's names for the two.
        "Evidence-Input",
        "Evidence-Output",
    } <= set(schemas)
    assert schemas["ThingDocumentPage"]["properties"]["items"]["items"] == {
        "$ref": "#/components/schemas/ThingDocument"
    }
    assert schemas["Confirm"]["properties"]["grade"] == {"$ref": "#/components/schemas/Grade"}
    assert schemas["Grade"]["enum"] == ["general", "major"]
    assert schemas["SubmitBody"]["properties"].keys() == {"measures"}


def test_a_union_of_documents_says_how_to_tell_them_apart() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    items = schemas["Trail"]["properties"]["items"]["items"]
    assert items["discriminator"]["propertyName"] == "type"
    assert items["discriminator"]["mapping"] == {
        "heard": "#/components/schemas/Heard",
        "seen": "#/components/schemas/Seen",
    }
    assert {one["$ref"] for one in items["anyOf"]} == set(items["discriminator"]["mapping"].values())


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        found: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_bodies_are_closed_and_carry_the_limits_of_the_command() -> None:
    confirm = DOCUMENT["components"]["schemas"]["Confirm"]
    assert confirm["additionalProperties"] is False
    assert confirm["required"] == ["grade", "responsible_unit", "deadline_on"]
    assert confirm["description"].startswith("确认")
    (text, nothing) = confirm["properties"]["criterion"]["anyOf"]
    assert (text["minLength"], text["maxLength"], nothing) == (1, 200, {"type": "null"})


def test_answers_are_open_and_always_whole() -> None:
    thing = DOCUMENT["components"]["schemas"]["ThingDocument"]
    assert "additionalProperties" not in thing
    assert set(thing["required"]) == set(thing["properties"])


def test_errors_that_are_never_sent_are_gone() -> None:
    assert "ValidationError" not in str(DOCUMENT)
    assert not {name for name in DOCUMENT["components"]["schemas"] if name.startswith("Body_")}


@pytest.mark.parametrize(("place", "described"), OPERATIONS, ids=[place for place, _ in OPERATIONS])
def test_every_error_is_problem_json_with_its_codes(place: str, described: dict[str, Any]) -> None:
    errors = {status: one for status, one in described["responses"].items() if status >= "400"}
    assert {"422", "503"} <= errors.keys(), place
    for one in errors.values():
        assert "application/problem+json" in one["content"]
        named = one["content"]["application/problem+json"]["examples"]
        assert named.keys() <= DOCUMENT["components"]["examples"].keys()


def test_a_route_declares_its_own_codes_and_those_of_its_dependencies() -> None:
    assert codes("GET /v1/things/{name}", "404") == {"not-found", "hazard-not-found"}
    assert codes("GET /v1/things/{name}", "409") == {"state-conflict"}
    assert codes("POST /v1/things/{name}/confirm", "400") == {"invalid-if-match"}
    assert codes("POST /v1/things/{name}/confirm", "412") == {"version-mismatch"}
    assert codes("POST /v1/notes", "409") == {"idempotency-in-progress"}
    assert codes("POST /v1/notes", "400") == {"invalid-idempotency-key"}
    assert "idempotency-key-reused" in codes("POST /v1/notes", "422")
    assert codes("POST /v1/notes", "415") == {"unsupported-media-type"}
    assert "415" not in operation("GET /v1/things")["responses"]
    assert "412" not in operation("GET /v1/things")["responses"]


def test_a_route_that_asks_for_a_key_says_so() -> None:
    assert DOCUMENT["components"]["securitySchemes"]["accessKey"]["scheme"] == "bearer"
    assert operation("GET /v1/things")["security"] == [{"accessKey": []}]
    assert codes("GET /v1/things", "401") == {"unauthenticated"}
    for open_to_all in ("GET /healthz", "GET /readyz"):
        assert operation(open_to_all)["security"] == []
        assert "401" not in operation(open_to_all)["responses"]


def test_parameters_name_their_values_and_bounds() -> None:
    parameters = {one["name"]: one for one in operation("GET /v1/things")["parameters"]}
    assert parameters["by"]["schema"]["items"]["enum"] == ["county", "grade"]
    assert parameters["limit"]["schema"]["maximum"] == 1000
    assert parameters["on"]["schema"]["format"] == "date"
    assert parameters["county"]["schema"]["pattern"] == "^[0-9]{6}$"
    assert "null" not in str(parameters), "a parameter is left out, not null"
    assert {"If-Match", "Idempotency-Key"} <= {
        one["name"].title() for _, described in OPERATIONS for one in described.get("parameters", [])
    }


def test_the_document_is_made_once() -> None:
    served = app()
    assert served.openapi() is served.openapi()
