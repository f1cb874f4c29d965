"""Golden fixtures: each event type, full and minimal, as a Kafka record and as a structured-mode document.

A fixture of a released version is never changed again: whoever can read this contract must go on reading it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from duban_contracts.catalogue import EventType
from duban_contracts.cloudevents import CloudEvent, to_kafka, to_structured
from duban_contracts.examples import example_event, examples


def fixtures(entry: EventType) -> dict[str, dict[str, Any]]:
    """Return the fixtures of `entry` by file name: full and minimal, in `kafka` binary and `http` structured mode."""
    made: dict[str, dict[str, Any]] = {}
    for name, event in events(entry).items():
        made[f"{name}.kafka.json"] = _record(event)
        made[f"{name}.http.json"] = msgspec.json.decode(msgspec.json.encode(to_structured(event)))
    return made


def events(entry: EventType) -> dict[str, CloudEvent]:
    """Return what the fixtures of `entry` show: `full` and `minimal`."""
    full = examples()[entry.name]
    return {"full": example_event(entry, full), "minimal": example_event(entry, minimal(full, entry.model))}


def minimal(payload: dict[str, Any], model: type[msgspec.Struct]) -> dict[str, Any]:
    """Return `payload` with only the fields that `model` requires, at every depth."""
    kept: dict[str, Any] = {}
    for field in msgspec.structs.fields(model):
        if field.required:
            value = payload[field.encode_name]
            nested = isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
            kept[field.encode_name] = minimal(value, field.type) if nested else value
    return kept


def _record(event: CloudEvent) -> dict[str, Any]:
    key, value, headers = to_kafka(event)
    return {
        "key": None if key is None else key.decode(),
        "headers": {name: header.decode() for name, header in headers},
        "value": msgspec.json.decode(value),
    }
