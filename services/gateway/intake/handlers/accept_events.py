"""Take county events in: reserve each id, hand the event to the broker, and only then promise anything.

The order is what promise P1 rests on. The id and the digest of its content are written first, so that one id can never
stand for two contents (the ledger would drop the second as a repeat). The broker's ack comes next, and `queued_at`
last. Requests of one county that arrive meanwhile share the next round of these three; counties share the first
(`reserve_events`) and the last (`mark_events`) alone, because one whose topic is in trouble must keep nobody else
waiting. A crash in between leaves a reserved id that nobody was promised; the same event sent again is simply sent to
the broker again, and the ledger's inbox makes one of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from services.chassis.process import failpoints
from services.chassis.process.clock import Clock
from services.chassis.publishing.outbox import outgoing
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.storage.database import Database, is_retryable
from services.chassis.storage.rounds import Rounds
from services.chassis.telemetry import acts
from services.gateway.intake.handlers.mark_events import Marks
from services.gateway.intake.handlers.reserve_events import Asked, CountyRound, Examined, Reservations
from services.gateway.intake.model.claims import Claim
from services.gateway.intake.model.outcomes import Outcome, Queued, due, first_of_each, outcome_of, standing
from services.gateway.metrics import EVENTS
from services.gateway.receipts import tables as receipts

_log = structlog.get_logger(__name__)


# In a round: as many as the largest single request may hold, so that no round takes longer than one of those.
_MOST_EVENTS: Final = 1000


class NotAccepted(Exception):
    """The platform can't promise anything at present; the same request may be sent again without risk."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What taking events in needs."""

    database: Database
    producer: ReliableProducer
    clock: Clock
    reservations: Reservations
    marks: Marks
    rounds: dict[str, Rounds[Asked, list[Outcome]]] = field(default_factory=dict, init=False)


async def accept_events(examined: Examined, *, county: str, topic: str, deps: Intake) -> list[Outcome]:
    """Return what became of each event, in order; raises NotAccepted when any could not be handed over, and RoundsFull."""
    if (act := acts.current()) is not None:
        # Of a round that others share, too, only what is taken in was done.
        act.is_kept_by_answer = True
    if county not in deps.rounds:
        deps.rounds[county] = Rounds(partial(_accept_round, county, topic, deps), weight=len, most=_MOST_EVENTS)
    outcomes = await deps.rounds[county].ask(Asked(examined, act))
    accepted = sum(isinstance(outcome, Queued) for outcome in outcomes)
    EVENTS.labels(county, "accepted").inc(accepted)
    EVENTS.labels(county, "rejected").inc(len(outcomes) - accepted)
    return outcomes


async def _accept_round(
    county: str, topic: str, deps: Intake, requests: Sequence[Asked]
) -> Sequence[list[Outcome] | NotAccepted]:
    """Take the events of some requests of one county together, as if they had come one after the other."""
    distinct = first_of_each([item for asked in requests for item in asked.examined])
    try:
        stands, earlier = (
            await deps.reservations.reserve(CountyRound(county, requests, distinct)) if distinct else ({}, {})
        )
        lost = await _publish(topic, due(stands, earlier), deps)
    except Exception as error:
        if not is_retryable(error):
            raise
        _log.warning("receipts are out of reach", error=repr(error))
        return [NotAccepted()] * len(requests)
    return [
        NotAccepted()
        if any(isinstance(item, Claim) and item.receipt_id in lost for item in asked.examined)
        else [outcome_of(item, stands) for item in asked.examined]
        for asked in requests
    ]


async def rehearse_events(examined: Examined, *, deps: Intake) -> list[Outcome]:
    """Return what would become of each event if it were sent now; nothing is written and nothing goes to the broker."""
    distinct = first_of_each(examined)
    async with deps.database.acquire() as connection:
        earlier = await receipts.known(connection, list(distinct))
    stands = standing(examined, distinct, earlier)
    return [outcome_of(item, stands) for item in examined]


async def _publish(topic: str, claims: Sequence[Claim], deps: Intake) -> set[UUID]:
    """Hand claims to the broker and note what it has; return those that it did not acknowledge."""
    if not claims:
        return set()
    results = await deps.producer.publish([outgoing(topic, claim.event) for claim in claims])
    failpoints.reach("gateway.after_ack")
    acknowledged = [claim.receipt_id for claim, error in zip(claims, results, strict=True) if error is None]
    if acknowledged:
        await deps.marks.mark(acknowledged)
    errors = {str(error) for error in results if error is not None}
    if errors:
        _log.warning("broker did not acknowledge", events=len(claims) - len(acknowledged), errors=sorted(errors))
    return {claim.receipt_id for claim in claims} - set(acknowledged)
