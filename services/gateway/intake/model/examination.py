"""Examining what one county sent: from bytes to a claim ready for its topic, or to a refusal with its reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, EnvelopeError, from_kafka, from_structured
from duban_contracts.validation import envelope_violation, examine_claim
from services.gateway.intake.model.claims import Claim, Refused, digest_of, kept_traceparent

_MOST_ID_CHARACTERS: Final = 200


class _Named(msgspec.Struct, frozen=True):
    id: object = None


_NAMED: Final = msgspec.json.Decoder(_Named)


@dataclass(frozen=True, slots=True)
class Examiner:
    """Examines the events of one request. The county is that of the key; the payload may name no other."""

    county: str
    topic: str
    traceparent: str | None

    def structured(self, document: bytes | msgspec.Raw) -> Claim | Refused:
        """Examine one JSON object of CloudEvents' structured mode."""
        return self._examine(lambda: from_structured(document), lambda: _name_in(document))

    def binary(self, payload: bytes, attributes: Sequence[tuple[str, bytes]]) -> Claim | Refused:
        """Examine a bare payload with its attributes as `ce_*` headers (binary mode)."""
        named = dict(attributes).get("ce_id", b"").decode(errors="replace") or None
        return self._examine(lambda: from_kafka(None, payload, attributes), lambda: named)

    def _examine(self, read: Callable[[], CloudEvent], name: Callable[[], str | None]) -> Claim | Refused:
        try:
            event = read()
        except EnvelopeError as error:
            return Refused(name(), (envelope_violation(error),))
        data = examine_claim(event, self.county)
        if isinstance(data, list):
            return Refused(event.id, tuple(data))
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


def _name_in(document: bytes | msgspec.Raw) -> str | None:
    """Return the id that an unusable document claims to have, so that its sender can find it."""
    try:
        named = _NAMED.decode(document).id
    except (msgspec.DecodeError, RecursionError):
        return None
    return named[:_MOST_ID_CHARACTERS] if isinstance(named, str) and named else None
