"""Take county events in: claim each id, hand the event to the broker, and only then promise anything.

The order is what promise P1 rests on. The id and the digest of its content are written first, so that one id can never
stand for two contents (the ledger would drop the second as a repeat). The broker's ack comes next, and `queued_at`
last. A crash in between leaves a claimed id that nobody was promised; the same event sent again is simply sent to the
broker again, and the ledger's inbox makes one of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from services.chassis.process import failpoints
from services.chassis.process.clock import Clock
from services.chassis.publishing.outbox import OutboxMessage, outgoing
from services.chassis.storage.database import RETRYABLE
from services.gateway.domain.claims import Claim, Refusal, Refused, event_id_reused
from services.gateway.domain.receipts import Reservation
from services.gateway.metrics import EVENTS

_log = structlog.get_logger(__name__)


class Publisher(Protocol):
    """Hands messages to the broker; None in the answer means acknowledged."""

    async def publish(self, messages: Sequence[OutboxMessage]) -> Sequence[Exception | None]:
        """Send `messages` in order and wait for the broker, within a time limit."""
        ...


class Receipts(Protocol):
    """Where event ids are reserved and receipts are kept."""

    async def reserve(self, county: str, claims: Sequence[Claim]) -> dict[UUID, Reservation]:
        """Take the event ids of `claims` (each receipt id once) and return those that were taken before."""
        ...

    async def mark_queued(self, receipt_ids: Sequence[UUID], at: datetime) -> None:
        """Note that the broker has these events; the first time stands."""
        ...


class NotAccepted(Exception):  # noqa: N818 - a state of affairs, not a fault of the caller
    """The platform can't promise anything at present; the same request may be sent again without risk."""


@dataclass(frozen=True, slots=True)
class Queued:
    """The broker has the event."""

    event_id: str
    receipt_id: UUID


Outcome = Queued | Refused


class EventIntake:
    """Accepts what a county sent, event by event."""

    def __init__(self, *, receipts: Receipts, publisher: Publisher, clock: Clock) -> None:
        self._receipts = receipts
        self._publisher = publisher
        self._clock = clock

    async def accept(self, county: str, topic: str, examined: Sequence[Claim | Refused]) -> list[Outcome]:
        """Return what became of each event, in order; raises NotAccepted when any could not be handed over."""
        distinct = first_of_each([item for item in examined if isinstance(item, Claim)])
        refused = await self._hand_over(county, topic, distinct) if distinct else {}
        outcomes = [self._outcome(item, distinct, refused) for item in examined]
        accepted = sum(isinstance(outcome, Queued) for outcome in outcomes)
        EVENTS.labels(county, "accepted").inc(accepted)
        EVENTS.labels(county, "rejected").inc(len(outcomes) - accepted)
        return outcomes

    async def _hand_over(self, county: str, topic: str, claims: dict[UUID, Claim]) -> dict[UUID, Refusal]:
        try:
            earlier = await self._receipts.reserve(county, list(claims.values()))
            failpoints.reach("gateway.after_reserve")
            refused = {
                receipt_id: event_id_reused(receipt_id)
                for receipt_id, known in earlier.items()
                if known.digest != claims[receipt_id].digest
            }
            # What the ledger has answered is in the ledger; everything else is sent, if need be again.
            due = [
                claim
                for receipt_id, claim in claims.items()
                if receipt_id not in refused and not (receipt_id in earlier and earlier[receipt_id].answered)
            ]
            await self._publish(topic, due)
        except RETRYABLE as error:
            _log.warning("receipts are out of reach", error=repr(error))
            raise NotAccepted from error
        return refused

    async def _publish(self, topic: str, claims: Sequence[Claim]) -> None:
        if not claims:
            return
        results = await self._publisher.publish([outgoing(topic, claim.event) for claim in claims])
        failpoints.reach("gateway.after_ack")
        acknowledged = [claim.receipt_id for claim, error in zip(claims, results, strict=True) if error is None]
        if acknowledged:
            await self._receipts.mark_queued(acknowledged, self._clock.now())
        if len(acknowledged) < len(claims):
            errors = {str(error) for error in results if error is not None}
            _log.warning("broker did not acknowledge", events=len(claims) - len(acknowledged), errors=sorted(errors))
            raise NotAccepted

    @staticmethod
    def _outcome(item: Claim | Refused, distinct: dict[UUID, Claim], refused: dict[UUID, Refusal]) -> Outcome:
        if isinstance(item, Refused):
            return item
        refusal = refused.get(item.receipt_id)
        if refusal is None and distinct[item.receipt_id].digest != item.digest:
            refusal = event_id_reused(item.receipt_id)
        return Refused(item.event.id, refusal) if refusal else Queued(item.event.id, item.receipt_id)


def first_of_each(claims: Sequence[Claim]) -> dict[UUID, Claim]:
    """Return the first claim of each event id, in order of arrival."""
    first: dict[UUID, Claim] = {}
    for claim in claims:
        first.setdefault(claim.receipt_id, claim)
    return first
