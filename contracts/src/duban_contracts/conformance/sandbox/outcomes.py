"""What the sandbox tells of an event afterwards, as the platform does: on the feedback topic, and in the feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import encode, event_types, type_of
from duban_contracts.conformance.sandbox.evidence import Seen
from duban_contracts.conformance.sandbox.script import Script
from duban_contracts.events.claims import (
    ExtensionRequested,
    HazardRectified,
    HazardReported,
    RectificationPlanned,
    TaskReported,
)
from duban_contracts.events.entering import EnteredClaim
from duban_contracts.events.feedback import (
    ClaimEntered,
    ClaimEvent,
    ClaimFiled,
    ClaimOutcome,
    ClaimRecorded,
    ClaimRejected,
    SettledClaim,
)
from duban_contracts.refusals import Refusal, refusal


@dataclass(slots=True)
class Receipt:
    """What becomes of an event that was taken: told from `settles_at` on, once (`told`) in the feed; `refused` says why it is not taken."""

    event: CloudEvent
    seen: Seen
    settles_at: float
    refused: Refusal | None
    number: str
    told: bool = False


class Answer(NamedTuple):
    """How a claim is answered that is on the books, and the code with which one may be refused afterwards; None: none is."""

    settled: type[SettledClaim]
    outcome: ClaimOutcome
    rejection: str | None


# How a claim of each type is answered; a type that is not here is refused.
ANSWERS: Final[Mapping[str, Answer]] = {
    type_of(HazardReported).name: Answer(ClaimRecorded, ClaimOutcome.REGISTERED, "hazard-rejected"),
    type_of(RectificationPlanned).name: Answer(ClaimRecorded, ClaimOutcome.APPLIED, "hazard-rejected"),
    type_of(ExtensionRequested).name: Answer(ClaimRecorded, ClaimOutcome.APPLIED, "hazard-rejected"),
    type_of(HazardRectified).name: Answer(ClaimRecorded, ClaimOutcome.APPLIED, "hazard-rejected"),
    type_of(TaskReported).name: Answer(ClaimFiled, ClaimOutcome.APPLIED, "task-not-found"),
    **{
        entry.name: Answer(ClaimEntered, ClaimOutcome.REGISTERED, None)
        for entry in event_types()
        if issubclass(entry.model, EnteredClaim)
    },
}


def fate(kind: str, script: Script) -> Refusal | None:
    """Return why the next event that is taken is refused afterwards, where its type can be and the script says so."""
    code = ANSWERS[kind].rejection
    return refusal(code) if code is not None and script.next_is_rejected() else None


def settled(seen: Seen, number: str) -> tuple[type[SettledClaim], dict[str, Any]]:
    """Return which answer an event gets that is on the books, and what that says beside which claim it answers.

    `number` is that of a hazard; what files a task is answered by the task, whose number is its reference.
    """
    answer, said, _ = ANSWERS[str(seen.type)]
    if answer is ClaimFiled:
        filed = str(seen.reference)
        return answer, {"outcome": said, "task_id": filed, "number": filed, "late": False}
    if answer is ClaimEntered:
        return answer, {"outcome": said}
    return answer, {"outcome": said, "hazard_id": number, "number": number}


def outcome(seen: Seen, receipt_id: str | None, origin: str, county: str, refused: Refusal | None) -> CloudEvent:
    """Return the answer to one event that came from `origin`: recorded, or refused with a reason."""
    about: dict[str, Any] = {
        "county": county,
        "origin": origin,
        "receipt_id": receipt_id,
        "claim_id": seen.id,
        "claim_source": seen.source,
        "claim_type": seen.type,
        "reference": seen.reference,
        "answered_at": datetime.now(UTC),
    }
    number = f"{county}-{origin.rpartition('/')[2]}"
    said: ClaimEvent
    if refused is not None:
        said = ClaimRejected(**about, **msgspec.structs.asdict(refused))
    else:
        answer, fields = settled(seen, number)
        said = answer(**about, **fields)
    return CloudEvent(
        id=f"answer-{origin}",
        source="/sandbox",
        type=type_of(type(said)).name,
        subject=seen.reference,
        partitionkey=seen.reference,
        time=about["answered_at"],
        data=encode(said),
    )
