"""The catalogue of event types: which model, which topic family, which Chinese name.

A model enters the catalogue by `@event(...)`; everything generated (JSON Schemas, AsyncAPI, fixtures)
walks it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.topics import TopicFamily


class UnknownEventType(LookupError):  # noqa: N818  (says what happened: the type is unknown)
    """The `type` attribute names no event of this contract version."""


class PayloadError(ValueError):
    """A payload breaks its model: `field` is a JSON path such as `$.found_on`, `rule` what was expected."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class EventData(msgspec.Struct, frozen=True, kw_only=True):
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
_BY_MODEL: dict[type[EventData], EventType] = {}


def event(name: str, *, family: TopicFamily, title_zh: str) -> Callable[[Model], Model]:
    """Register a payload model under the CloudEvents type `duban.<name>`: `hazard.reported.v1`."""

    def register(model: Model) -> Model:
        entry = EventType(f"duban.{name}", model, family, title_zh, msgspec.json.Decoder(model))
        if entry.name in _BY_NAME:
            raise ValueError(f"{entry.name} is registered twice")
        _BY_NAME[entry.name] = entry
        _BY_MODEL[model] = entry
        return model

    return register


def event_types() -> list[EventType]:
    """Return every event type of this contract, in order of name."""
    import duban_contracts.events  # noqa: F401, PLC0415  (importing the models fills the catalogue)

    return [_BY_NAME[name] for name in sorted(_BY_NAME)]


def lookup(name: str) -> EventType:
    """Return the event type called `name`; raises UnknownEventType."""
    entry = _BY_NAME.get(name) or next((entry for entry in event_types() if entry.name == name), None)
    if entry is None:
        raise UnknownEventType(name)
    return entry


def type_of(model: type[EventData]) -> EventType:
    """Return the catalogue entry of a payload model."""
    return _BY_MODEL[model]


def decode(event: CloudEvent) -> EventData:
    """Decode the payload of `event` into its model, ignoring unknown fields.

    Raises UnknownEventType when this contract version does not know the type, PayloadError when the payload
    breaks the model.
    """
    entry = lookup(event.type)
    try:
        return entry.decoder.decode(event.data)
    except msgspec.ValidationError as error:
        rule, _, field = str(error).rpartition(" - at `") if " - at `" in str(error) else (str(error), "", "")
        raise PayloadError(field.rstrip("`") or "$", legible(rule)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise PayloadError("$", f"must be JSON ({error})") from error


_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_LEGIBLE_LENGTH: Final = 200


def legible(text: str) -> str:
    """Return foreign text fit for a log line or an answer: at most 200 characters, no control characters."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text[:_LEGIBLE_LENGTH])


def encode(data: EventData) -> bytes:
    """Return the payload as the bare JSON bytes that travel in a record value."""
    return msgspec.json.encode(data)
