"""Settling claims within one transaction: decide, record, answer the county, keep what must wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from duban_contracts.admissible.texts import folded
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.claims import HazardReported, RectificationPlanned
from duban_contracts.events.entering import EnteredClaim
from duban_contracts.events.feedback import ClaimEntered, ClaimEvent, ClaimOutcome, ClaimRecorded, ClaimWaiting
from duban_contracts.events.types import Actor
from duban_contracts.refusals import Refusal
from duban_contracts.topics import feedback_topic
from duban_contracts.validation import kept_reference
from services.chassis.consuming import answers
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.process.clock import Clock
from services.chassis.publishing.envelopes import uuid7_text
from services.chassis.storage.counting import count
from services.chassis.storage.database import Connection
from services.ledger import metrics
from services.ledger.claims.handlers.books import Pages
from services.ledger.claims.model import decisions
from services.ledger.claims.model.decisions import Claim, ClaimDecision, FollowUp, Recorded, Repeated, Waits
from services.ledger.claims.model.townships import Townships
from services.ledger.claims.tables import rejected, waiting
from services.ledger.claims.tables.rejected import RejectedClaim
from services.ledger.claims.tables.waiting import WaitingClaim
from services.ledger.hazards.handlers.journal import Journal
from services.ledger.hazards.handlers.numbers import Numbers
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.moves import Stamp
from services.ledger.hazards.tables.hazard_rows import Reference
from services.ledger.history.model import SOURCE


class Screened(msgspec.Struct, frozen=True, gc=False):
    """A delivery, the county whose topic it came on, and the claim that this county makes, or why it can't be taken."""

    delivery: Delivery
    speaking: str
    claim: Claim | EnteredClaim | Refusal


def settle_claims(screened: Iterable[Screened], settlement: Settlement, numbers: Numbers, pages: Pages) -> None:
    """Settle claims in their order, in memory; each reference was loaded into the settlement's journal, or is in `pages`."""
    for one in screened:
        delivery, claim = one.delivery, one.claim
        if isinstance(claim, Refusal):
            reference = getattr(delivery.data, "reference", None)
            settlement.refuse(delivery.record, delivery.event, claim, county=one.speaking, reference=reference)
            continue
        if isinstance(claim, EnteredClaim):
            settlement.enter(delivery, claim, pages)
            continue
        hazard = settlement.hazard(claim)
        if not isinstance(claim, HazardReported):
            settlement.follow_up(delivery, claim, settlement.going_on(hazard))
        elif hazard is None and (refused := kept_reference(claim)):
            settlement.refuse(delivery.record, delivery.event, refused, county=claim.county, reference=claim.reference)
        elif hazard is None:
            settlement.register(delivery, claim, next(numbers[claim.county]))
        else:
            settlement.report_again(delivery, claim, hazard)


class Settlement:
    """Settles claims one after the other, in memory; `save` stores what the journal doesn't.

    `waiting` holds every claim that waits under a reference that this transaction touches. `rejected` are kept for good.
    """

    def __init__(
        self, journal: Journal, clock: Clock, townships: Townships, waiting: Mapping[Reference, list[WaitingClaim]]
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._townships = townships
        self._waiting: dict[Reference, list[WaitingClaim]] = dict(waiting)
        self.rejected: list[RejectedClaim] = []
        self._outcomes: Counter[tuple[str, str]] = Counter()

    def hazard(self, claim: Claim) -> Hazard | None:
        """Return the hazard that a claim is about, as this transaction leaves it so far."""
        return self._journal.under(claim.county, claim.reference)

    def going_on(self, hazard: Hazard | None) -> Hazard | None:
        """Return the hazard that goes on for a merged one where the county may speak of it, and otherwise `hazard`."""
        if hazard is None or hazard.merged_into is None:
            return hazard
        survivor = self._journal.hazard(HazardKey(hazard_id=hazard.merged_into))
        return survivor if survivor is not None and survivor.county == hazard.county else hazard

    def register(self, delivery: Delivery, claim: HazardReported, number: str) -> None:
        """Make the hazard of a reference that has none; claims that waited for it now wait for confirmation."""
        stamp = self._stamp(delivery, decisions.integrator(claim.county), None)
        decision = decisions.report(claim, uuid7_text(), number, self._township(claim), stamp)
        hazard = self._settle(delivery, claim, decision, None)
        if self._waiting:
            self.release(cast("Hazard", hazard))

    def report_again(self, delivery: Delivery, claim: HazardReported, hazard: Hazard) -> None:
        """Take a further report under a reference that has its hazard."""
        stamp = self._stamp(delivery, decisions.integrator(claim.county), hazard)
        decision = decisions.report_again(hazard, claim, self._township(claim), stamp)
        self._settle(delivery, claim, decision, hazard)

    def follow_up(self, delivery: Delivery, claim: FollowUp, hazard: Hazard | None) -> None:
        """Take 整改方案 or 整改完成."""
        decision = self._decide(delivery, claim, hazard)
        if isinstance(decision, Waits):
            key = hazard.reference_key if hazard else folded(claim.reference)
            entry = WaitingClaim(claim.county, claim.reference, key, delivery, decision.waiting_for)
            self._waiting.setdefault((claim.county, key), []).append(entry)
        after = self._settle(delivery, claim, decision, hazard)
        if isinstance(decision, Recorded) and isinstance(claim, RectificationPlanned):
            self.release(cast("Hazard", after))

    def release(self, hazard: Hazard) -> None:
        """Look again at the claims that wait for `hazard`, plans before submissions."""
        claims = [c for c in self._waiting.get((hazard.county, hazard.reference_key), ()) if not c.done]
        for waits in sorted(claims, key=lambda c: not isinstance(c.delivery.data, RectificationPlanned)):
            claim = cast("FollowUp", waits.delivery.data)
            decision = self._decide(waits.delivery, claim, hazard)
            if isinstance(decision, Waits):
                if decision.waiting_for is waits.waiting_for:
                    continue
                waits.waiting_for = decision.waiting_for
            else:
                waits.done = True
            hazard = cast("Hazard", self._settle(waits.delivery, claim, decision, hazard))

    def enter(self, delivery: Delivery, claim: EnteredClaim, pages: Pages) -> None:
        """Enter what stands for itself in its book."""
        entered = pages.enter(claim, self._clock.at(delivery.timestamp), delivery.record.origin)
        answer = ClaimEntered(
            **self._about(delivery, claim),
            outcome=entered.outcome,
            linked_reference=entered.linked_reference,
            message=entered.message,
        )
        self._answer(answer, delivery.event, entered.outcome)

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
        self.rejected.append(RejectedClaim(county, record, event, reference, refusal, self._journal.at))
        at = self._journal.at
        answer = answers.rejection(record, event, refusal, county=county, reference=reference, at=at)
        self._answer(answer, event, "rejected")

    async def save(self, connection: Connection) -> None:
        """Store, in the journal's transaction, which claims wait and which were refused; it counts what became of all."""
        await waiting.save(connection, [claim for claims in self._waiting.values() for claim in claims])
        await rejected.save(connection, self.rejected)
        for (county, outcome), number in self._outcomes.items():
            count(connection, metrics.CLAIMS.labels(county, outcome), number)

    def _township(self, claim: HazardReported) -> str | None:
        return self._townships.code(claim.county, claim.township)

    def _decide(self, delivery: Delivery, claim: FollowUp, hazard: Hazard | None) -> ClaimDecision:
        return decisions.follow_up(hazard, claim, self._stamp(delivery, decisions.submitter(claim), hazard))

    def _stamp(self, delivery: Delivery, actor: Actor, hazard: Hazard | None) -> Stamp:
        """Return the stamp of what `actor` says now in words that the broker took before."""
        return self._journal.stamp(actor, hazard, self._clock.at(delivery.timestamp))

    def _settle(
        self, delivery: Delivery, claim: Claim, decision: ClaimDecision, hazard: Hazard | None
    ) -> Hazard | None:
        """Record what was decided and answer the county; return the hazard afterwards."""
        event = delivery.event
        if isinstance(decision, Refusal):
            decision = _naming(decision, claim, hazard)
            self.refuse(delivery.record, event, decision, county=claim.county, reference=claim.reference)
            return hazard
        about = self._about(delivery, claim)
        if isinstance(decision, Waits):
            self._answer(ClaimWaiting(**about, waiting_for=decision.waiting_for), event, "waiting")
            return hazard
        if isinstance(decision, Recorded):
            hazard = self._journal.enter(decision.event, event)
            outcome = decision.outcome
        else:
            outcome = ClaimOutcome.DUPLICATE
        known = cast("Hazard", hazard)
        answer = ClaimRecorded(
            **about, hazard_id=known.hazard_id, number=known.number, outcome=outcome, **_remarks(claim, known, decision)
        )
        self._answer(answer, event, outcome)
        return known

    def _about(self, delivery: Delivery, claim: Claim | EnteredClaim) -> dict[str, Any]:
        return answers.about(
            delivery.record,
            delivery.event,
            county=claim.county,
            reference=claim.reference,
            identity=delivery.identity,
            at=self._journal.at,
        )

    def _answer(self, answer: ClaimEvent, cause: CloudEvent | None, outcome: str) -> None:
        envelope = answers.envelope(answer, cause, source=SOURCE)
        self._journal.send(feedback_topic(answer.county, self._journal.topic_prefix), envelope)
        self._outcomes[answer.county, outcome] += 1


def _remarks(claim: Claim, hazard: Hazard, decision: ClaimDecision) -> dict[str, Any]:
    """Return what the county is told beside the outcome."""
    said = _linked(claim, hazard)
    if isinstance(decision, Repeated) and decision.older:
        said["message"] = "；".join([*([said["message"]] if said else []), "已有较新的上报入账，本条内容不再采用"])
    return said


def _linked(claim: Claim, hazard: Hazard) -> dict[str, Any]:
    """Return what tells the county that its reference is taken for another: written otherwise before, or merged into it."""
    if claim.reference == hazard.reference:
        return {"message": f"该隐患已归并到 {hazard.merged_into_number}"} if hazard.merged_into_number else {}
    alike = folded(claim.reference) == hazard.reference_key
    said = (
        f"与已入账的“{hazard.reference}”视为同一编号"
        if alike
        else f"的隐患已归并到“{hazard.reference}”（{hazard.number}）"
    )
    return {"linked_reference": hazard.reference, "message": f"县级编号“{claim.reference}”{said}"}


def _naming(refusal: Refusal, claim: Claim, hazard: Hazard | None) -> Refusal:
    """Return a refusal that names the reference which the claim's was taken for."""
    said = _linked(claim, hazard) if hazard else {}
    if not said:
        return refusal
    return msgspec.structs.replace(refusal, message=f"{refusal.message}（{said['message']}）")
