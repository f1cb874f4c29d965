"""Take county events in: reserve each id, hand the event to the broker, and only then promise anything.

The order is what promise P1 rests on. The id and the digest of its content are written first, so that one id can never
stand for two contents (the ledger would drop the second as a repeat). The broker's ack comes next, and `queued_at`
last. A crash in between leaves a reserved id that nobody was promised; the same event sent again is simply sent to the
broker again, and the ledger's inbox makes one of the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from services.chassis.process import failpoints
from services.chassis.process.clock import Clock
from services.chassis.publishing.outbox import outgoing
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.storage.database import Database, is_retryable
from services.gateway.intake.model.claims import Claim, Refused
from services.gateway.intake.model.outcomes import Outcome, Queued, due, first_of_each, outcome_of
from services.gateway.metrics import EVENTS
from services.gateway.receipts import tables as receipts
from services.gateway.receipts.model import Earlier, Reservation

_log = structlog.get_logger(__name__)


class NotAccepted(Exception):
    """The platform can't promise anything at present; the same request may be sent again without risk."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What taking events in needs."""

    database: Database
    producer: ReliableProducer
    clock: Clock


async def accept_events(examined: Sequence[Claim | Refused], *, county: str, topic: str, deps: Intake) -> list[Outcome]:
    """Return what became of each event, in order; raises NotAccepted when any could not be handed over."""
    distinct = first_of_each(examined)
    try:
        earlier = await _reserve(county, distinct, deps) if distinct else {}
        await _publish(topic, due(distinct, earlier), deps)
    except Exception as error:
        if not is_retryable(error):
            raise
        _log.warning("receipts are out of reach", error=repr(error))
        raise NotAccepted from error
    outcomes = [outcome_of(item, distinct, earlier) for item in examined]
    accepted = sum(isinstance(outcome, Queued) for outcome in outcomes)
    EVENTS.labels(county, "accepted").inc(accepted)
    EVENTS.labels(county, "rejected").inc(len(outcomes) - accepted)
    return outcomes


async def rehearse_events(examined: Sequence[Claim | Refused], *, deps: Intake) -> list[Outcome]:
    """Return what would become of each event if it were sent now; nothing is written and nothing goes to the broker."""
    distinct = first_of_each(examined)
    async with deps.database.acquire() as connection:
        earlier = await receipts.known(connection, list(distinct))
    return [outcome_of(item, distinct, earlier) for item in examined]


async def _reserve(county: str, claims: Mapping[UUID, Claim], deps: Intake) -> dict[UUID, Earlier]:
    async with deps.database.acquire() as connection:
        earlier = await receipts.reserve(connection, [_reservation(county, claim) for claim in claims.values()])
    failpoints.reach("gateway.after_reserve")
    return earlier


def _reservation(county: str, claim: Claim) -> Reservation:
    event = claim.event
    return Reservation(claim.receipt_id, county, event.id, event.source, event.type, claim.reference, claim.digest)


async def _publish(topic: str, claims: Sequence[Claim], deps: Intake) -> None:
    if not claims:
        return
    results = await deps.producer.publish([outgoing(topic, claim.event) for claim in claims])
    failpoints.reach("gateway.after_ack")
    acknowledged = [claim.receipt_id for claim, error in zip(claims, results, strict=True) if error is None]
    if acknowledged:
        async with deps.database.acquire() as connection:
            await receipts.mark_queued(connection, acknowledged, deps.clock.now())
    if len(acknowledged) < len(claims):
        errors = {str(error) for error in results if error is not None}
        _log.warning("broker did not acknowledge", events=len(claims) - len(acknowledged), errors=sorted(errors))
        raise NotAccepted
