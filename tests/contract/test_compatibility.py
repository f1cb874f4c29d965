"""A released schema may only change in ways that break nobody; the checker itself is tried on every kind of break."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from duban_contracts.codec import lookup
from duban_contracts.topics import TopicFamily
from tests.contract.compatibility import broken_publishers, broken_readers, withdrawn

CONTRACTS = Path(__file__).parents[2] / "contracts"
RELEASED = sorted((CONTRACTS / "released").glob("*/schemas/*.json"))
SUBMITTED: dict[str, Any] = json.loads(
    (CONTRACTS / "schemas" / "duban.hazard.submitted.v1.json").read_text(encoding="utf-8")
)
PUBLISHED = json.loads((CONTRACTS / "published.json").read_text(encoding="utf-8"))
Change = Callable[[dict[str, Any]], object]


def facts(schema: dict[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = schema["$defs"]["HazardFacts"]
    return nested


def changed(change: Change) -> dict[str, Any]:
    schema = copy.deepcopy(SUBMITTED)
    change(schema)
    return schema


def add_required(part: dict[str, Any]) -> None:
    part["properties"]["weather"] = {"type": "string"}
    part["required"].append("weather")


def add_optional(part: dict[str, Any]) -> None:
    part["properties"]["weather"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}


def remove(part: dict[str, Any], name: str) -> None:
    part["properties"].pop(name)
    if name in part["required"]:
        part["required"].remove(name)


def test_something_has_been_released() -> None:
    assert RELEASED


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_released_schema_changed_only_in_ways_that_break_nobody(path: Path) -> None:
    current = CONTRACTS / "schemas" / path.name
    assert current.is_file(), f"{path.stem} was released and is gone; keep it beside its successor"
    old, new = (json.loads(file.read_text(encoding="utf-8")) for file in (path, current))
    assert broken_readers(old, new) == []
    # Only the platform reads claims; everything else is read by systems that are upgraded later than we are.
    if lookup(path.stem).family is not TopicFamily.CLAIMS:
        assert broken_publishers(old, new) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(add_required, id="a new required field"),
        pytest.param(lambda schema: add_required(facts(schema)), id="a new required field behind a reference"),
        pytest.param(lambda schema: facts(schema)["required"].append("grade"), id="a field becomes required"),
        pytest.param(lambda schema: schema["$defs"]["HazardState"]["enum"].remove("closed"), id="an enum value gone"),
        pytest.param(lambda schema: schema["properties"]["measures"].update(type="integer"), id="another type"),
        pytest.param(lambda schema: facts(schema)["properties"]["overdue"].update(type="string"), id="nested type"),
        pytest.param(lambda schema: remove(schema, "evidence"), id="an optional field gone"),
        pytest.param(lambda schema: remove(schema, "measures"), id="a required field gone"),
        pytest.param(lambda schema: remove(facts(schema), "grade"), id="a nested field gone"),
        pytest.param(lambda schema: schema["properties"]["measures"].update(maxLength=40), id="a shorter limit"),
        pytest.param(
            lambda schema: facts(schema)["properties"].update(grade={"$ref": "#/$defs/Grade"}), id="null gone"
        ),
        pytest.param(
            lambda schema: facts(schema)["properties"]["county"].update(pattern="^[0-9]{9}$"), id="another pattern"
        ),
        pytest.param(
            lambda schema: schema["properties"]["completed_on"].update(format="date-time"), id="another format"
        ),
        pytest.param(lambda schema: schema["properties"]["measures"].update(pattern="^a"), id="a new pattern"),
        pytest.param(
            lambda schema: facts(schema)["properties"]["sector"].update({"x-vocabulary": "units"}), id="other terms"
        ),
        pytest.param(
            lambda schema: facts(schema)["properties"]["number"].update({"x-vocabulary": "units"}), id="new terms"
        ),
    ],
)
def test_what_breaks_todays_readers_is_flagged(change: Change) -> None:
    assert broken_readers(SUBMITTED, changed(change))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda schema: schema["$defs"]["HazardState"]["enum"].append("lost"), id="a new enum value"),
        pytest.param(lambda schema: schema["required"].remove("measures"), id="a field is required no more"),
        pytest.param(lambda schema: schema["properties"]["measures"].update(maxLength=9999), id="a longer limit"),
        pytest.param(lambda schema: remove(schema, "measures"), id="a required field gone"),
    ],
)
def test_what_breaks_readers_that_are_not_upgraded_yet_is_flagged(change: Change) -> None:
    assert broken_publishers(SUBMITTED, changed(change))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _schema: None, id="nothing"),
        pytest.param(add_optional, id="a new optional field"),
        pytest.param(lambda schema: add_optional(facts(schema)), id="a new optional field behind a reference"),
        pytest.param(lambda schema: schema.update(description="said better"), id="other words"),
    ],
)
def test_what_breaks_nobody_passes(change: Change) -> None:
    assert broken_readers(SUBMITTED, changed(change)) == []
    assert broken_publishers(SUBMITTED, changed(change)) == []


@pytest.mark.parametrize("path", sorted((CONTRACTS / "released").glob("*/published.json")), ids=lambda p: p.parts[-2])
def test_no_released_term_or_code_is_withdrawn(path: Path) -> None:
    assert withdrawn(json.loads(path.read_text(encoding="utf-8")), PUBLISHED) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda published: published["vocabularies"]["sectors"].remove("coal_mine"), id="a term gone"),
        pytest.param(lambda published: published["vocabularies"].pop("roles"), id="a vocabulary gone"),
        pytest.param(lambda published: published["codes"].pop("state-conflict"), id="a code gone"),
        pytest.param(lambda published: published["codes"].update({"state-conflict": 422}), id="another status"),
    ],
)
def test_what_is_withdrawn_is_flagged(change: Change) -> None:
    later = copy.deepcopy(PUBLISHED)
    change(later)
    assert withdrawn(PUBLISHED, later)


def test_new_terms_and_codes_break_nobody() -> None:
    later = copy.deepcopy(PUBLISHED)
    later["vocabularies"]["delivery_channels"].append("wecom_robot")
    later["codes"]["moon-is-full"] = 409
    assert withdrawn(PUBLISHED, later) == []
