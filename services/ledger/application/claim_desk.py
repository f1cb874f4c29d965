"""The desk that takes claims in within one transaction: decides, answers the county, keeps what must wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast
from uuid import UUID

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.claims import HazardReported, RectificationPlanned
from duban_contracts.events.feedback import ClaimEvent, ClaimOutcome, ClaimRecorded, ClaimRejected, ClaimWaiting
from duban_contracts.legible import legible
from duban_contracts.topics import feedback_topic
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.process.clock import Clock
from services.chassis.publishing.envelopes import new_event, uuid7_text
from services.chassis.storage.database import Connection
from services.ledger import metrics
from services.ledger.adapters import claims as store
from services.ledger.adapters.claims import RejectedClaim, WaitingClaim
from services.ledger.application.journal import SOURCE, Journal
from services.ledger.domain import claims as rules
from services.ledger.domain.claims import ClaimDecision, FollowUp, Recorded, Waits
from services.ledger.domain.hazard import Hazard
from services.ledger.domain.refusals import Refusal

# Limits of the answers' text fields in the contract.
_SHORT: Final = 200
_LONG: Final = 4000

Reference = tuple[str, str]


class ClaimDesk:
    """Takes claims in, one after the other, in memory; `write` stores what came of it.

    `waiting` holds every claim that waits under a reference that this transaction touches.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        topic_prefix: str,
        waiting: Mapping[Reference, list[WaitingClaim]] | None = None,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._prefix = topic_prefix
        self._waiting: dict[Reference, list[WaitingClaim]] = dict(waiting or {})
        self._rejected: list[RejectedClaim] = []

    def register(self, delivery: Delivery, claim: HazardReported, number: str) -> Hazard:
        """Make the hazard of a reference that has none; claims that waited for it now wait for confirmation."""
        decision = rules.register(claim, uuid7_text(), number, self._journal.at)
        hazard = self._settle(delivery, decision, None)
        return self.release(cast("Hazard", hazard))

    def report_again(self, delivery: Delivery, claim: HazardReported, hazard: Hazard) -> Hazard:
        """Take a further report under a reference that has its hazard."""
        decision = rules.report_again(hazard, claim, self._journal.at_for(hazard))
        return cast("Hazard", self._settle(delivery, decision, hazard))

    def follow_up(self, delivery: Delivery, claim: FollowUp, hazard: Hazard | None) -> Hazard | None:
        """Take 整改方案 or 整改完成."""
        decision = self._decide(delivery, claim, hazard)
        if isinstance(decision, Waits):
            entry = WaitingClaim(claim.county, claim.reference, delivery, decision.waiting_for)
            self._waiting.setdefault((claim.county, claim.reference), []).append(entry)
        return self._settle(delivery, decision, hazard)

    def release(self, hazard: Hazard) -> Hazard:
        """Look again at the claims that wait for `hazard`, plans before submissions; return it afterwards."""
        claims = [c for c in self._waiting.get((hazard.county, hazard.reference), ()) if not c.done]
        for claim in sorted(claims, key=lambda c: not isinstance(c.delivery.data, RectificationPlanned)):
            decision = self._decide(claim.delivery, cast("FollowUp", claim.delivery.data), hazard)
            if isinstance(decision, Waits):
                if decision.waiting_for is claim.waiting_for:
                    continue
                claim.waiting_for = decision.waiting_for
            else:
                claim.done = True
            hazard = cast("Hazard", self._settle(claim.delivery, decision, hazard))
        return hazard

    def refuse(
        self,
        record: RawRecord,
        event: CloudEvent | None,
        refusal: Refusal,
        *,
        county: str,
        reference: str | None = None,
    ) -> None:
        """Keep a claim that can't be taken in and tell the county that is speaking, `county`, why."""
        rejected = RejectedClaim(
            county=county,
            record=record,
            event=event,
            reference=reference,
            code=refusal.code,
            message=refusal.message,
            field=refusal.field,
            rule=refusal.rule,
            rejected_at=self._journal.at,
        )
        self._rejected.append(rejected)
        answer = ClaimRejected(
            **self._about(record, event, county, reference, event.identity(record.topic) if event else None),
            code=refusal.code,
            message=refusal.message[:_LONG],
            field=legible(refusal.field) if refusal.field else None,
            rule=legible(refusal.rule) if refusal.rule else None,
        )
        self._answer(answer, event, "rejected")

    async def write(self, connection: Connection) -> None:
        """Store everything in the caller's transaction."""
        await self._journal.write(connection)
        await store.save_waiting(connection, [claim for claims in self._waiting.values() for claim in claims])
        await store.save_rejected(connection, self._rejected)

    def _decide(self, delivery: Delivery, claim: FollowUp, hazard: Hazard | None) -> ClaimDecision:
        received_at = self._clock.at(delivery.timestamp)
        return rules.follow_up(hazard, claim, self._journal.at_for(hazard), received_at)

    def _settle(self, delivery: Delivery, decision: ClaimDecision, hazard: Hazard | None) -> Hazard | None:
        """Record what was decided and answer the county; return the hazard afterwards."""
        claim, event = cast("rules.Claim", delivery.data), delivery.event
        if isinstance(decision, Refusal):
            self.refuse(delivery.record, event, decision, county=claim.county, reference=claim.reference)
            return hazard
        about = self._about(delivery.record, event, claim.county, claim.reference, delivery.identity)
        if isinstance(decision, Waits):
            self._answer(ClaimWaiting(**about, waiting_for=decision.waiting_for), event, "waiting")
            return hazard
        if isinstance(decision, Recorded):
            hazard = self._journal.record(decision.event, event)
            outcome = decision.outcome
        else:
            outcome = ClaimOutcome.DUPLICATE
        known = cast("Hazard", hazard)
        answer = ClaimRecorded(**about, hazard_id=known.hazard_id, number=known.number, outcome=outcome)
        self._answer(answer, event, outcome)
        return known

    def _about(
        self,
        record: RawRecord,
        event: CloudEvent | None,
        county: str,
        reference: str | None,
        identity: UUID | None,
    ) -> dict[str, Any]:
        """Return which claim an answer is about."""
        return {
            "county": county,
            "origin": record.origin[:_SHORT],
            "receipt_id": str(identity) if identity else None,
            "claim_id": event.id if event else None,
            "claim_source": event.source if event else None,
            "claim_type": event.type if event else None,
            "reference": reference,
            "answered_at": self._journal.at,
        }

    def _answer(self, answer: ClaimEvent, cause: CloudEvent | None, outcome: str) -> None:
        about = answer.reference or answer.origin
        envelope = new_event(answer, source=SOURCE, subject=about, key=about, time=answer.answered_at, cause=cause)
        self._journal.send(feedback_topic(answer.county, self._prefix), envelope)
        metrics.CLAIMS.labels(answer.county, outcome).inc()
