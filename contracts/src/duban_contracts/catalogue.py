"""The catalogue of event types: which model, which topic family, which Chinese name.

A model enters the catalogue by `@event(...)`. Reading and writing events by it, and the list of all of them, is
:mod:`duban_contracts.codec`'s: the models import this module, so it can't import them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from duban_contracts.topics import TopicFamily


class EventData(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of every payload. Readers ignore unknown fields; producers are checked by the closed schema."""


Model = TypeVar("Model", bound=type[EventData])


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type and version: `name` is the CloudEvents `type`, `title_zh` what people call it."""

    name: str
    model: type[EventData]
    family: TopicFamily
    title_zh: str
    decoder: msgspec.json.Decoder[EventData]


_BY_NAME: dict[str, EventType] = {}


def event(name: str, *, family: TopicFamily, title_zh: str) -> Callable[[Model], Model]:
    """Register a payload model under the CloudEvents type `duban.<name>`: `hazard.reported.v1`."""

    def register(model: Model) -> Model:
        entry = EventType(f"duban.{name}", model, family, title_zh, msgspec.json.Decoder(model))
        if entry.name in _BY_NAME:
            raise ValueError(f"{entry.name} is registered twice")
        _BY_NAME[entry.name] = entry
        return model

    return register


def declared() -> tuple[EventType, ...]:
    """Return the event types registered so far, in the order in which they are declared: that of a life."""
    return tuple(_BY_NAME.values())


def registered() -> tuple[EventType, ...]:
    """Return the event types registered so far, in order of name."""
    return tuple(_BY_NAME[name] for name in sorted(_BY_NAME))
