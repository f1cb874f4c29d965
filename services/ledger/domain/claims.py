"""What becomes of a county's claim (上报、整改方案、整改完成): recorded, repeated, waiting or refused."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Final

import msgspec

from duban_contracts.catalogue import EventData
from duban_contracts.events.claims import HazardRectified, HazardReported, RectificationPlanned
from duban_contracts.events.feedback import ClaimOutcome
from duban_contracts.events.hazards import HazardCorrected, HazardEvent, HazardRegistered
from duban_contracts.events.types import Actor, HazardFacts, HazardState
from services.ledger.domain import refusals
from services.ledger.domain.commands import Plan, Submit
from services.ledger.domain.decisions import Stamp, decide
from services.ledger.domain.hazard import Hazard, plan_digest, submission_digest
from services.ledger.domain.refusals import Refusal
from services.ledger.domain.transitions import TRANSITIONS, Move

FollowUp = HazardRectified | RectificationPlanned
Claim = HazardReported | FollowUp


class WaitingFor(enum.StrEnum):
    """What a claim that came too early is kept for."""

    REPORT = "report"
    CONFIRMATION = "confirmation"


class Recorded(msgspec.Struct, frozen=True):
    """The claim moved the hazard: `event` goes into its history."""

    event: HazardEvent
    outcome: ClaimOutcome


class Repeated(msgspec.Struct, frozen=True):
    """The claim says what the ledger already holds."""


class Waits(msgspec.Struct, frozen=True):
    """The claim came before what it needs."""

    waiting_for: WaitingFor


ClaimDecision = Recorded | Repeated | Waits | Refusal

_REPEATED: Final = Repeated()
_TOO_LATE: Final = {
    HazardState.REJECTED: refusals.hazard_rejected(),
    HazardState.IN_REVIEW: refusals.already_in_review(),
    HazardState.CLOSED: refusals.already_closed(),
}
_REPORT_FIELDS: Final = (
    "channel",
    "sector",
    "enterprise",
    "place",
    "description",
    "found_on",
    "suggested_grade",
    "township",
)


def is_claim(data: EventData) -> bool:
    """Say whether the ledger takes this event from a county."""
    return isinstance(data, HazardReported | HazardRectified | RectificationPlanned)


def register(claim: HazardReported, hazard_id: str, number: str, at: datetime) -> Recorded:
    """Return 入账 for the first report under its reference, at `at` (UTC, domain time)."""
    facts = HazardFacts(
        hazard_id=hazard_id,
        number=number,
        county=claim.county,
        reference=claim.reference,
        channel=claim.channel,
        sector=claim.sector,
        state=HazardState.REPORTED,
    )
    event = HazardRegistered(
        hazard=facts,
        actor=integrator(claim.county),
        occurred_at=at,
        enterprise=claim.enterprise,
        place=claim.place,
        description=claim.description,
        found_on=claim.found_on,
        suggested_grade=claim.suggested_grade,
        township=claim.township,
    )
    return Recorded(event, ClaimOutcome.REGISTERED)


def report_again(hazard: Hazard, claim: HazardReported, at: datetime) -> ClaimDecision:
    """Decide on a further report under the reference of `hazard` (promise P1)."""
    if all(getattr(hazard, name) == getattr(claim, name) for name in _REPORT_FIELDS):
        return _REPEATED
    if hazard.state is HazardState.REJECTED:
        return refusals.hazard_rejected()
    if (hazard.state, Move.CORRECT) not in TRANSITIONS:
        return refusals.reference_already_confirmed(hazard.state)
    facts = HazardFacts(
        hazard_id=hazard.hazard_id,
        number=hazard.number,
        county=hazard.county,
        reference=hazard.reference,
        channel=claim.channel,
        sector=claim.sector,
        state=hazard.state,
    )
    event = HazardCorrected(
        hazard=facts,
        actor=integrator(claim.county),
        occurred_at=at,
        enterprise=claim.enterprise,
        place=claim.place,
        description=claim.description,
        found_on=claim.found_on,
        suggested_grade=claim.suggested_grade,
        township=claim.township,
    )
    return Recorded(event, ClaimOutcome.CORRECTED)


def follow_up(hazard: Hazard | None, claim: FollowUp, at: datetime, received_at: datetime) -> ClaimDecision:
    """Decide on 整改方案 or 整改完成 at `at`; `received_at` is when the broker took it (both domain time).

    A submission counts from `received_at`, however long the claim waited (promise P3).
    """
    if hazard is None:
        return Waits(WaitingFor.REPORT)
    if hazard.state is HazardState.REPORTED:
        return Waits(WaitingFor.CONFIRMATION)
    if _says_nothing_new(hazard, claim):
        return _REPEATED
    if hazard.state in _TOO_LATE:
        return _TOO_LATE[hazard.state]
    command = (
        Submit(
            measures=claim.measures,
            completed_on=claim.completed_on,
            submitted_at=received_at,
            evidence=claim.evidence,
        )
        if isinstance(claim, HazardRectified)
        else Plan(measures=claim.measures, responsible_post=claim.responsible_post)
    )
    actor = Actor(account=claim.submitted_by, role="enterprise_user")
    decision = decide(hazard, command, Stamp(actor, at))
    return decision if isinstance(decision, Refusal) else Recorded(decision, ClaimOutcome.APPLIED)


def _says_nothing_new(hazard: Hazard, claim: FollowUp) -> bool:
    if isinstance(claim, RectificationPlanned):
        return hazard.plan_digest == plan_digest(claim.measures, claim.responsible_post)
    # After a return the same words are a new submission: the reviewer asked for work, not for prose.
    return hazard.state in {HazardState.IN_REVIEW, HazardState.CLOSED} and (
        hazard.submission_digest == submission_digest(claim.measures, claim.completed_on, claim.evidence)
    )


def integrator(county: str) -> Actor:
    """Return the machine account that speaks for a county."""
    return Actor(account=f"county-{county}", role="integrator")
