"""Query parameters as the gateway takes them: what it doesn't know, or is given twice, is refused by name, what is wrong by its rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from duban_contracts.conformance.sandbox.answers import Reply, invalid
from duban_contracts.conformance.sandbox.feed import place_of
from duban_contracts.refusals import Refusal, refusal, violation

MOST: Final = 1000
USUAL: Final = 100
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}")
Query = Mapping[str, Sequence[str]]


def one(query: Query, name: str) -> str | None:
    """Return the last value of a parameter, as the gateway reads it."""
    return query[name][-1] if query.get(name) else None


def refused(query: Query, known: Sequence[str]) -> Reply | None:
    """Return the answer to parameters that can't be taken, None for those that can."""
    found = [*_after(one(query, "after"))] if "after" in known else []
    found += _limit(one(query, "limit")) if "limit" in known else []
    for name, values in query.items():
        if name not in known:
            found.append(violation("unknown-parameter", name, names=", ".join(sorted(known)) or "-"))
        elif len(values) > 1:
            found.append(violation("repeated-parameter", name))
    return invalid(found) if found else None


def limit_of(query: Query) -> int:
    """Return how many items a page shall hold."""
    return int(one(query, "limit") or USUAL)


def _after(text: str | None) -> Sequence[Refusal]:
    return [] if place_of(text) is not None else [refusal("bad-cursor", field="after")]


def _limit(text: str | None) -> Sequence[Refusal]:
    if text is None:
        return []
    if not _NUMBER.fullmatch(text):
        return [violation("wrong-type", "limit", zh="整数", en="a whole number")]
    if int(text) < 1:
        return [violation("out-of-range", "limit", zh="不小于1", en="at least 1")]
    return [violation("out-of-range", "limit", zh=f"不大于{MOST}", en=f"at most {MOST}")] if int(text) > MOST else []
