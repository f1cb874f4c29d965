"""From an envelope to the payload's model and back, and the list of all event types."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

import duban_contracts.events
from duban_contracts.catalogue import EventData, EventType, registered
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.later_fields import encoded_as_before
from duban_contracts.legible import legible
from duban_contracts.not_json import NOT_JSON, reason
from duban_contracts.plain_numbers import with_plain_numbers

# Importing the models has filled the catalogue; nothing registers later.
_MODULES: Final = duban_contracts.events.MODULES
_TYPES: Final = registered()
_BY_NAME: Final = {entry.name: entry for entry in _TYPES}
_BY_MODEL: Final = {entry.model: entry for entry in _TYPES}


class UnknownEventType(LookupError):
    """The `type` attribute names no event of this contract version."""


class PayloadError(ValueError):
    """A payload breaks its model: `field` is a JSON path such as `$.found_on`, `rule` what was expected."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


def event_types() -> list[EventType]:
    """Return every event type of this contract, in order of name."""
    return list(_TYPES)


def lookup(name: str) -> EventType:
    """Return the event type called `name`; raises UnknownEventType."""
    entry = _BY_NAME.get(name)
    if entry is None:
        raise UnknownEventType(name)
    return entry


def type_of(model: type[EventData]) -> EventType:
    """Return the catalogue entry of a payload model; raises KeyError for a model that is not published."""
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
    except NOT_JSON as error:
        raise PayloadError("$", f"must be JSON ({reason(error)})") from error


def encode(data: EventData) -> bytes:
    """Return the payload as the bare JSON bytes that travel in a record value."""
    return msgspec.json.encode(data)


def digest_of(event_type: str, data: EventData) -> bytes:
    """Return the SHA-256 of what an event says: its type and its canonical payload.

    Layout, order of fields and of the names in a table, `time` and trace do not count: a county system that builds the event
    anew for a retry still says the same. Nor does a field that came later (`events/marks.later`) and is left at its default,
    so that no upgrade makes another event of it.
    """
    return _digest(event_type, encoded_as_before(with_plain_numbers(data), order="deterministic"))


def says(event_type: str, data: EventData, digest: bytes) -> bool:
    """Tell whether an event says what is remembered by `digest`, also where a release did that to which order counted in a table."""
    return digest in {digest_of(event_type, data), _digest(event_type, encoded_as_before(data))}


def _digest(event_type: str, payload: bytes) -> bytes:
    return hashlib.sha256(event_type.encode() + b"\n" + payload).digest()
