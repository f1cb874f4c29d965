"""What the platform would say to each event, by the same rules as the gateway and the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from duban_contracts.admissible.dates import Present
from duban_contracts.cloudevents import CloudEvent, EnvelopeError
from duban_contracts.codec import decode
from duban_contracts.conformance.records import Captured, read
from duban_contracts.days import Zone
from duban_contracts.refusals import Refusal, refusal, violation
from duban_contracts.topics import county_of
from duban_contracts.validation import MOST_BATCH_EVENTS, envelope_violation, examine_claim

# All of China counts its days by one zone.
_ZONE: Final = Zone("Asia/Shanghai")


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


def check(raw: bytes, county: str | None = None, present: Present | None = None) -> list[Finding]:
    """Return a finding for every event in `raw` (JSON, JSON lines, captured Kafka records), in order.

    `county` is the division code that the publisher's key is bound to; a captured record's own topic goes before
    it. `present` is the day by which dates are judged: today, unless another is given. Raises Unreadable when `raw` holds
    no JSON.
    """
    seen: Seen = {}
    present = present or Present.at(datetime.now(UTC), _ZONE)
    return [_finding(index, captured, county, seen, present) for index, captured in enumerate(read(raw))]


Seen = dict[tuple[str, str], tuple[str, object]]


def _finding(index: int, captured: Captured, county: str | None, seen: Seen, present: Present) -> Finding:
    event = captured.event
    if isinstance(event, EnvelopeError):
        name = (event.event.id, event.event.type or None) if event.event else (None, None)
        return Finding(index, *name, (envelope_violation(event),))
    owner = (county_of(captured.topic) if captured.topic else None) or county
    found = examine_claim(event, owner, present)
    violations = found if isinstance(found, list) else []
    # Layout and order of fields don't count, as at the gateway.
    content: tuple[str, object] = (event.type, event.data if isinstance(found, list) else found)
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
