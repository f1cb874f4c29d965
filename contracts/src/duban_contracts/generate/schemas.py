"""JSON Schema 2020-12 of every event type, closed: what a publisher may write, and nothing else."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any, Final

import msgspec

from duban_contracts.catalogue import EventType

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def definitions(entry: EventType) -> dict[str, dict[str, Any]]:
    """Return the definitions that `entry`'s payload needs, its own among them, every object of them closed."""
    defined: dict[str, dict[str, Any]] = msgspec.json.schema(entry.model)["$defs"]
    for schema in defined.values():
        if "description" in schema:
            # Python 3.13 takes the indentation out of docstrings; earlier ones leave it in.
            schema["description"] = cleandoc(schema["description"])
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
    return defined


def payload_schema(entry: EventType) -> dict[str, Any]:
    """Return the schema document of one event type."""
    defined = definitions(entry)
    own = defined.pop(entry.model.__name__)
    document = {"$schema": DIALECT, "$id": f"urn:duban:schema:{entry.name}"} | own | {"title": entry.name}
    return document | {"$defs": dict(sorted(defined.items()))} if defined else document
