"""Which changes to a released schema would break somebody.

`jsoncompat` decides about structure. It says nothing about `pattern` and `format` (tried with 0.3.1) and can't know
`x-vocabulary`, so here any change to one of them counts as a break: who needs one makes a new version of the event type.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from jsoncompat import check_compat

Schema = dict[str, Any]


def broken_readers(released: Schema, current: Schema) -> list[str]:
    """Return why today's readers would not read what publishers of `released` still write, or wrote."""
    found = list(_changed_text_rules(released, current))
    if not check_compat(_as_text(released), _as_text(current), "deserializer"):
        found.append("today's readers refuse what the released schema allows")
    return found


def broken_publishers(released: Schema, current: Schema) -> list[str]:
    """Return why readers built on `released` would not read what today's publishers write.

    Such readers ignore fields they do not know, so both schemas are compared open.
    """
    old, new = opened(released), opened(current)
    if check_compat(_as_text(old), _as_text(new), "serializer"):
        return []
    return ["readers of the released schema refuse what today's schema allows"]


def _as_text(schema: Schema) -> str:
    """Return `schema` as jsoncompat takes it: without `$id`, since it resolves no references but local ones."""
    return json.dumps({name: value for name, value in schema.items() if name != "$id"})


def opened(schema: Schema) -> Schema:
    """Return `schema` as readers take it: unknown fields are allowed at every depth."""
    document = copy.deepcopy(schema)
    for part in _objects(document):
        part.pop("additionalProperties", None)
    return document


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from _objects(value)


def _changed_text_rules(old: Any, new: Any, path: str = "$") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for rule in ("pattern", "format", "x-vocabulary"):
            before, after = old.get(rule), new.get(rule)
            if before != after and (isinstance(before, str) or isinstance(after, str)):
                yield f"{path}: {rule} changed from {before} to {after}"
        for key in old.keys() & new.keys():
            yield from _changed_text_rules(old[key], new[key], f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list):
        for index, pair in enumerate(zip(old, new, strict=False)):
            yield from _changed_text_rules(*pair, f"{path}[{index}]")


def withdrawn(released: Schema, current: Schema) -> list[str]:
    """Return the terms and codes of `released` that are gone or mean something else in `current`.

    Both are what `published.json` holds: terms of vocabularies, codes of refusals with their HTTP status.
    """
    gone = [
        f"{name}: {term}"
        for name, terms in released["vocabularies"].items()
        for term in terms
        if term not in current["vocabularies"].get(name, ())
    ]
    changed = [
        f"{code}: {status}"
        for code, status in released["codes"].items()
        if code not in current["codes"] or current["codes"][code] != status
    ]
    return [*gone, *changed]
