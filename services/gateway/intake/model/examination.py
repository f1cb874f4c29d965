"""Examining what one county sent: from bytes to a claim ready for its topic, or to a refusal with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from duban_contracts.admissible import octets
from duban_contracts.admissible.dates import Present
from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, EnvelopeError, from_kafka, from_structured, headers_of_http
from duban_contracts.codec import digest_of
from duban_contracts.legible import legible
from duban_contracts.validation import envelope_violation, examine_claim, examine_sent
from services.gateway.intake.model.claims import Claim, RefusedEvent, kept_traceparent

_MOST_ID_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Examiner:
    """Examines the events of one request. The county is that of the key; the payload may name no other.

    `present` is the day by which dates are judged; without it none is. What is only rehearsed reaches no books, so that what
    depends on those is said here.
    """

    county: str
    topic: str
    traceparent: str | None
    present: Present | None = None
    rehearsing: bool = False

    def structured(self, document: bytes | msgspec.Raw) -> Claim | RefusedEvent:
        """Examine one JSON object of CloudEvents' structured mode."""
        try:
            return self._examined(from_structured(document))
        except EnvelopeError as error:
            return _unread(error, octets.salvaged(bytes(document)).get("id"))

    def binary(self, payload: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Claim | RefusedEvent:
        """Examine a bare payload with its attributes as `ce-*` request headers (binary mode)."""
        attributes = headers_of_http(headers)
        try:
            return self._examined(from_kafka(None, payload, attributes))
        except EnvelopeError as error:
            return _unread(error, dict(attributes).get("ce_id", b"").decode(errors="replace"))

    def _examined(self, event: CloudEvent) -> Claim | RefusedEvent:
        examine = examine_sent if self.rehearsing else examine_claim
        data = examine(event, self.county, self.present)
        if isinstance(data, list):
            return RefusedEvent(event.id, tuple(data))
        return self._claim(event, data)

    def _claim(self, event: CloudEvent, data: EventData) -> Claim:
        # Every claim of the contract has a reference: it is the record's key, so that claims of one hazard keep order.
        reference: str = data.reference  # type: ignore[attr-defined]
        sent = msgspec.structs.replace(
            event,
            subject=event.subject or reference,
            partitionkey=reference,
            # Versions are the ledger's to give.
            aggregateversion=None,
            traceparent=kept_traceparent(event.traceparent, self.traceparent),
        )
        return Claim(sent, event.identity(self.topic), reference, digest_of(event.type, data))


def _unread(error: EnvelopeError, claimed: object) -> RefusedEvent:
    """Return the refusal of an unreadable envelope under the id that it has, or claims to have."""
    shown = claimed if isinstance(claimed, str) and claimed else None
    known = error.event.id if error.event else shown and legible(shown)[:_MOST_ID_CHARACTERS]
    return RefusedEvent(known, (envelope_violation(error),))
