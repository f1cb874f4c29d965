"""What the platform would say to each event, by the same rules as the gateway and the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from duban_contracts.cloudevents import CloudEvent, EnvelopeError
from duban_contracts.codec import decode
from duban_contracts.conformance.records import Captured, read
from duban_contracts.refusals import Refusal, refusal, violation
from duban_contracts.topics import county_of
from duban_contracts.validation import MOST_BATCH_EVENTS, check_claim, envelope_violation


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one event: `violations` get it refused, `advice` does not."""

    index: int
    id: str | None
    type: str | None
    violations: tuple[Refusal, ...]
    advice: tuple[Refusal, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the platform would refuse the event."""
        return bool(self.violations)


def check(raw: bytes, county: str | None = None) -> list[Finding]:
    """Return a finding for every event in `raw` (JSON, JSON lines, captured Kafka records), in order.

    `county` is the division code that the publisher's key is bound to; a captured record's own topic goes before
    it. Raises Unreadable when `raw` holds no JSON.
    """
    seen: dict[tuple[str, str], tuple[str, bytes]] = {}
    return [_finding(index, captured, county, seen) for index, captured in enumerate(read(raw))]


def _finding(
    index: int, captured: Captured, county: str | None, seen: dict[tuple[str, str], tuple[str, bytes]]
) -> Finding:
    event = captured.event
    if isinstance(event, EnvelopeError):
        return Finding(index, None, None, (envelope_violation(event),))
    owner = (county_of(captured.topic) if captured.topic else None) or county
    violations = check_claim(event, owner)
    content = (event.type, event.data)
    if seen.setdefault((event.source, event.id), content) != content:
        violations.append(violation("id-reused", "id"))
    if index >= MOST_BATCH_EVENTS and not captured.from_kafka:
        violations.append(refusal("batch-too-large", field="document", limit=MOST_BATCH_EVENTS))
    advice = _key_advice(event) if captured.from_kafka and not violations else ()
    return Finding(index, event.id, event.type, tuple(violations), advice)


def _key_advice(event: CloudEvent) -> tuple[Refusal, ...]:
    reference = getattr(decode(event), "reference", None)
    if event.partitionkey == reference:
        return ()
    return (violation("key-not-reference", "partitionkey"),)
