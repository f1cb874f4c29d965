"""One worked example of every event type: what fixtures, documentation and a vendor's first test are made from.

The payloads stand in `examples.json`. All of it is invented and tells one story: a major hazard in 城区 is reported,
confirmed, late, returned and closed. A type that says nothing new needs no entry there: it has the words of its family.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

import duban_contracts.events  # noqa: F401 - fills the catalogue
from duban_contracts.catalogue import EventType, declared, registered
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.topics import TopicFamily

_AT: Final = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
_CLAIM_ID: Final = "CQ-2026-0001-1"
_SOURCES: Final = {
    TopicFamily.CLAIMS: "/county/140502/hazards",
    TopicFamily.FEEDBACK: "/duban/ledger",
    TopicFamily.HAZARD: "/duban/ledger",
    TopicFamily.SUPERVISION: "/duban/scheduler",
    TopicFamily.TASK: "/duban/scheduler",
    TopicFamily.NOTICE: "/duban/notifications",
    TopicFamily.CHECKPOINT: "/duban/ledger",
}
# Families whose events are an aggregate's history.
_VERSIONED: Final = frozenset({TopicFamily.HAZARD, TopicFamily.TASK})
_BY_REFERENCE: Final = frozenset({TopicFamily.CLAIMS, TopicFamily.FEEDBACK})


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Return one example payload, every field filled, by event type name and in that order.

    Raises LookupError for a type without an entry in `examples.json` that says something which no other says.
    """
    raw = files("duban_contracts").joinpath("examples.json").read_bytes()
    written = msgspec.json.decode(raw, type=dict[str, dict[str, Any]])
    return {entry.name: written.get(entry.name) or in_words_of_others(entry, written) for entry in registered()}


def in_words_of_others(entry: EventType, written: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return an example of a type from those that are written: each field as the nearest type of its family says it.

    Nearest in the order of declaration, those before the type first. Raises LookupError where none has a field.
    """
    life = [other for other in declared() if other.family is entry.family]
    here = life.index(entry)
    near = [other for other in (*reversed(life[:here]), *life[here + 1 :]) if other.name in written]
    said: dict[str, Any] = {}
    for field in msgspec.structs.fields(entry.model):
        like = [other for other in near if (field.name, field.type) in _fields(other)]
        if not like:
            raise LookupError(f"examples.json needs {entry.name}: no other event of its family has {field.name}")
        said[field.encode_name] = written[like[0].name][field.encode_name]
    return said


def _fields(entry: EventType) -> list[tuple[str, Any]]:
    return [(field.name, field.type) for field in msgspec.structs.fields(entry.model)]


def example_event(entry: EventType, payload: dict[str, Any] | None = None) -> CloudEvent:
    """Return the example of `entry` (or another `payload` of its type) in the envelope its publisher would use."""
    body = examples()[entry.name] if payload is None else payload
    subject = _subject(entry.family, body)
    claim = entry.family is TopicFamily.CLAIMS
    return CloudEvent(
        id=_CLAIM_ID if claim else "019aa000-0000-7000-8000-0000000000ff",
        source=_SOURCES[entry.family],
        type=entry.name,
        data=msgspec.json.encode(body),
        time=_AT,
        subject=subject,
        partitionkey=subject,
        aggregateversion=3 if entry.family in _VERSIONED and subject else None,
        correlationid=None if claim else "019aa000-0000-7000-8000-0000000000c0",
        causationid=None if claim else _CLAIM_ID,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )


def _subject(family: TopicFamily, body: dict[str, Any]) -> str | None:
    """Return what an event is about: the first id of its payload, or else of what stands in it.

    A claim and its answer are about the county's reference; a heartbeat is about nothing.
    """
    if family in _BY_REFERENCE:
        return body.get("reference")
    inner = (part for part in body.values() if isinstance(part, dict))
    ids = (value for part in (body, *inner) for name, value in part.items() if name == "id" or name.endswith("_id"))
    return next(ids, None)
