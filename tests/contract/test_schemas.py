"""The published JSON Schemas say what the code does, by the word of an independent validator."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from contracts.tests.strategies import json_values
from contracts.tests.tables import each
from duban_contracts.codec import event_types, lookup
from duban_contracts.examples import examples
from duban_contracts.validation import check_payload

SCHEMAS = Path(__file__).parents[2] / "contracts" / "schemas"
NAMES = [entry.name for entry in event_types()]
DOCUMENTS: dict[str, dict[str, Any]] = {
    name: json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")) for name in NAMES
}
VALIDATORS = {
    name: Draft202012Validator(document, format_checker=FormatChecker()) for name, document in DOCUMENTS.items()
}


def test_a_schema_is_valid_by_the_specification_and_closed_at_every_depth() -> None:
    # The documents define some thirty things, each of them in many: a thing is looked at once.
    parts = {
        json.dumps(part, sort_keys=True): part
        for document in DOCUMENTS.values()
        for part in ({**document, "$defs": {}}, *document.get("$defs", {}).values())
    }

    def is_closed(text: str) -> None:
        Draft202012Validator.check_schema(parts[text])
        assert parts[text].get("type") != "object" or parts[text]["additionalProperties"] is False

    each(parts, is_closed, name=lambda text: text[:200])


def test_an_example_is_valid_by_its_schema() -> None:
    def is_valid(name: str) -> None:
        assert not list(VALIDATORS[name].iter_errors(examples()[name]))

    each(NAMES, is_valid)


@given(st.sampled_from(NAMES), st.data(), json_values)
def test_schema_and_closed_check_agree(name: str, data: st.DataObject, value: object) -> None:
    document = copy.deepcopy(examples()[name])
    holder = data.draw(st.sampled_from([document, *(v for v in document.values() if isinstance(v, dict))]))
    field = data.draw(st.sampled_from([*holder, "novel"]))
    if data.draw(st.booleans()):
        holder[field] = value
    else:
        holder.pop(field, None)
    codes = {violation.code for violation in check_payload(lookup(name), msgspec.json.encode(document))}
    # `format` is an annotation in JSON Schema: validators may let it pass, and read dates more freely than we do.
    if codes and codes <= {"bad-date", "bad-time"}:
        return
    assert bool(codes) is not VALIDATORS[name].is_valid(document)
