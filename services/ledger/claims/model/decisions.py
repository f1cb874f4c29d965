"""What becomes of a county's claim (上报、整改方案、整改完成): recorded, repeated, waiting or refused."""

from __future__ import annotations

import enum
from typing import Any, Final

import msgspec

from duban_contracts import uscc
from duban_contracts.admissible.dates import Present
from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.claims import ExtensionRequested, HazardRectified, HazardReported, RectificationPlanned
from duban_contracts.events.entering import EnteredClaim
from duban_contracts.events.feedback import ClaimOutcome
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Actor, Enterprise, FoundBy, HazardState
from duban_contracts.refusals import Refusal, refusal, violation
from duban_contracts.validation import check_claim
from duban_contracts.vocabulary import STATES
from services.chassis.access.roles import Role
from services.ledger.hazards.model import (
    REPORTED_FIELDS,
    Hazard,
    extension_digest,
    plan_digest,
    submission_digest,
)
from services.ledger.hazards.moves import (
    CORRECT,
    Correct,
    Plan,
    Register,
    RequestExtension,
    Stamp,
    Submit,
    decide,
    register,
)

FollowUp = HazardRectified | RectificationPlanned | ExtensionRequested
Claim = HazardReported | FollowUp


class WaitingFor(enum.StrEnum):
    """What a claim that came too early is kept for."""

    REPORT = "report"
    CONFIRMATION = "confirmation"
    PLAN = "plan"


class Recorded(msgspec.Struct, frozen=True):
    """The claim moved the hazard: `event` goes into its history."""

    event: HazardEvent
    outcome: ClaimOutcome


class Repeated(msgspec.Struct, frozen=True):
    """The claim says what the ledger already holds, or with `older` what a newer one has corrected since."""

    older: bool = False


class Waits(msgspec.Struct, frozen=True):
    """The claim came before what it needs."""

    waiting_for: WaitingFor


ClaimDecision = Recorded | Repeated | Waits | Refusal

_REPEATED: Final = Repeated()
_TOO_LATE: Final = {
    HazardState.REJECTED: refusal("hazard-rejected", field="reference"),
    HazardState.IN_REVIEW: refusal("already-in-review"),
    HazardState.CLOSED: refusal("already-closed"),
}


def screen(event: CloudEvent, data: EventData, speaking: str, present: Present) -> Claim | EnteredClaim | Refusal:
    """Return the claim that a readable event is of the county that is speaking, or why it can't be one.

    A county on its own topic is held to the same closed contract as one behind the gateway; `present` is the day on
    which the broker took the event.
    """
    if not isinstance(
        data, HazardReported | HazardRectified | RectificationPlanned | ExtensionRequested | EnteredClaim
    ):
        return violation("not-a-claim", "type", type=event.type)
    found = check_claim(event, speaking, present, data)
    return found[0] if found else data


def integrator(county: str) -> Actor:
    """Return the machine account that speaks for a county."""
    return Actor(account=f"county-{county}", role=Role.INTEGRATOR)


def submitter(claim: FollowUp) -> Actor:
    """Return who hands in, at the enterprise, what a county passes on."""
    return Actor(account=claim.submitted_by, role=Role.ENTERPRISE_USER)


def report(
    claim: HazardReported,
    hazard_id: str,
    number: str,
    township_code: str | None,
    stamp: Stamp,
    *,
    found_by: FoundBy | None = None,
) -> Recorded:
    """Return 入账 for the first report under its reference; the ledger gives it `hazard_id` and `number`.

    `found_by` is the inspection that reports; without one, it is the county.
    """
    command = Register(
        hazard_id=hazard_id,
        number=number,
        county=claim.county,
        reference=claim.reference,
        township_code=township_code,
        found_by=found_by,
        **_content(claim),
    )
    return Recorded(register(command, stamp), ClaimOutcome.REGISTERED)


def report_again(
    hazard: Hazard,
    claim: HazardReported,
    township_code: str | None,
    stamp: Stamp,
    *,
    found_by: FoundBy | None = None,
) -> ClaimDecision:
    """Decide on a further report under the reference of `hazard` (promise P1).

    What reached the broker last stands, whatever comes to us first: an older text overwrites none that is newer. Whoever
    reported it corrects it: a county doesn't overwrite what an inspection found, nor an inspection what a county reported.
    """
    if hazard.is_of_tip or _task(hazard.found_by) != _task(found_by):
        return refusal("reference-of-another", field="reference")
    said = _content(claim)
    if all(getattr(hazard, name) == said[name] for name in (*REPORTED_FIELDS, "doubts")):
        return _REPEATED
    if hazard.state in {HazardState.REJECTED, HazardState.DUPLICATE} and (refused := _too_late(hazard)):
        return refused
    if hazard.reported_at is not None and stamp.received_at < hazard.reported_at:
        return Repeated(older=True)
    if hazard.state not in CORRECT.leads:
        return refusal("reference-already-confirmed", field="reference", state=STATES.name(hazard.state))
    decision = decide(hazard, Correct(township_code=township_code, **said), stamp)
    return decision if isinstance(decision, Refusal) else Recorded(decision, ClaimOutcome.CORRECTED)


def follow_up(hazard: Hazard | None, claim: FollowUp, stamp: Stamp) -> ClaimDecision:
    """Decide on 整改方案, 延期申请 or 整改完成.

    A submission counts from when the broker took it (`stamp.received_at`), however long the claim waited (promise P3).
    That of a major hazard waits for its plan, which may have gone another way. A merged hazard takes none: what is said of
    it is said of the one that goes on, and where that is another county's, by nobody of this one.
    """
    if hazard is None:
        return Waits(WaitingFor.REPORT)
    if hazard.state is HazardState.REPORTED:
        return Waits(WaitingFor.CONFIRMATION)
    if _says_nothing_new(hazard, claim):
        return _REPEATED
    if refused := _too_late(hazard):
        return refused
    decision = decide(hazard, _command(claim), stamp)
    if isinstance(decision, Refusal):
        return Waits(WaitingFor.PLAN) if decision.code == "plan-required" else decision
    return Recorded(decision, ClaimOutcome.APPLIED)


def _too_late(hazard: Hazard) -> Refusal | None:
    """Return why nothing more is taken of a hazard that is decided, or None while it is not."""
    if hazard.merged_into_number is not None:
        return refusal("hazard-merged", field="reference", number=hazard.merged_into_number)
    return _TOO_LATE.get(hazard.state)


def _task(found_by: FoundBy | None) -> str | None:
    return None if found_by is None else found_by.task_id


def _content(claim: HazardReported) -> dict[str, Any]:
    """Return what the report says, the enterprise's code as codes are written, and what in it is doubtful."""
    code, doubt = uscc.read(claim.enterprise.uscc)
    said = {name: getattr(claim, name) for name in REPORTED_FIELDS}
    enterprise = Enterprise(name=claim.enterprise.name, uscc=code)
    return {**said, "enterprise": enterprise, "doubts": () if doubt is None else (doubt,)}


def _command(claim: FollowUp) -> Plan | RequestExtension | Submit:
    if isinstance(claim, ExtensionRequested):
        return RequestExtension(reason=claim.reason, deadline_on=claim.deadline_on)
    if isinstance(claim, RectificationPlanned):
        return Plan(**{name: getattr(claim, name) for name in Plan.__struct_fields__})
    return Submit(measures=claim.measures, completed_on=claim.completed_on, evidence=claim.evidence)


def _says_nothing_new(hazard: Hazard, claim: FollowUp) -> bool:
    if isinstance(claim, ExtensionRequested):
        # Asked once more in the same words it is the same request, also after somebody decided.
        return hazard.extension_digest == extension_digest(claim.reason, claim.deadline_on)
    if isinstance(claim, RectificationPlanned):
        # What became major is planned anew: the words of before don't do any more.
        return hazard.state is not HazardState.CONFIRMED and hazard.plan_digest == plan_digest(
            claim.measures, claim.responsible_post, claim.funds_yuan, claim.contingency
        )
    # After a return the same words are a new submission: the reviewer asked for work, not for prose.
    return hazard.state in {HazardState.IN_REVIEW, HazardState.CLOSED} and (
        hazard.submission_digest == submission_digest(claim.measures, claim.completed_on, claim.evidence)
    )
