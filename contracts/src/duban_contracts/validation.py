"""The check that publishers are held to: the closed contract first, the published vocabularies second.

A right event costs one decoding; only a wrong one is walked to name every error (see :mod:`explain`).
"""

from __future__ import annotations

from itertools import islice
from typing import Final

import msgspec

from duban_contracts import uscc
from duban_contracts.catalogue import EventData, EventType
from duban_contracts.closed import closed_decoder
from duban_contracts.cloudevents import CloudEvent, EnvelopeError
from duban_contracts.codec import UnknownEventType, lookup
from duban_contracts.events.claims import HazardReported
from duban_contracts.explain import explain
from duban_contracts.topics import TopicFamily
from duban_contracts.violations import Violation, violation
from duban_contracts.vocabulary import SECTORS

__all__ = [
    "MOST_VIOLATIONS",
    "Violation",
    "check_claim",
    "check_payload",
    "check_vocabularies",
    "envelope_violation",
]

# A document that is wrong in a thousand places is answered by its first faults.
MOST_VIOLATIONS: Final = 20


def check_claim(event: CloudEvent, county: str | None = None) -> list[Violation]:
    """Return what is wrong with `event` as a claim of a county; an empty list when it may be published.

    Checks the type, the closed payload and the vocabularies. With `county` (the owner of the key or topic),
    also that the payload names no other county: code `county-mismatch`.
    """
    try:
        entry = lookup(event.type)
    except UnknownEventType:
        return [violation("unknown-event-type", "type", f"{event.type} is no type of this contract")]
    if entry.family is not TopicFamily.CLAIMS:
        return [violation("not-a-claim", "type", f"{event.type} is not published by county systems")]
    found = check_payload(entry, event.data)
    if found:
        return found
    data = entry.decoder.decode(event.data)
    if county is not None and getattr(data, "county", county) != county:
        return [violation("county-mismatch", "$.county", f"must be {county}")]
    return check_vocabularies(data)


def envelope_violation(error: EnvelopeError) -> Violation:
    """Return what an unreadable envelope is answered with: code `bad-envelope`, the attribute as field."""
    return violation("bad-envelope", error.attribute, error.rule)


def check_payload(entry: EventType, data: bytes) -> list[Violation]:
    """Return how `data` breaks the closed model of `entry`: every broken rule, at any depth."""
    try:
        closed_decoder(entry.model).decode(data)
    except msgspec.ValidationError as error:
        return _all_violations(entry, data, error)
    except (msgspec.DecodeError, RecursionError) as error:
        return [violation("not-json", "$", f"must be JSON ({error})")]
    return []


def _all_violations(entry: EventType, data: bytes, error: msgspec.ValidationError) -> list[Violation]:
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as broken:
        return [violation("not-json", "$", f"must be JSON ({broken})")]
    found = list(islice(explain(document, entry.model), MOST_VIOLATIONS))
    return found or [violation("wrong-format", "$", str(error))]


def check_vocabularies(data: EventData) -> list[Violation]:
    """Return codes in `data` that no vocabulary knows, and a 统一社会信用代码 that fails its check."""
    if not isinstance(data, HazardReported):
        return []
    found: list[Violation] = []
    if data.sector not in SECTORS:
        found.append(violation("unknown-sector", "$.sector", "must be a code of the sector vocabulary"))
    code = data.enterprise.uscc
    if code is not None and not uscc.is_valid(code):
        rule = "must end in its check character (GB 32100)"
        found.append(violation("uscc-check-character", "$.enterprise.uscc", rule))
    return found
