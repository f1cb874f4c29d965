"""What the sandbox tells of an event afterwards, as the platform does: on the feedback topic, and in the feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import encode, type_of
from duban_contracts.conformance.sandbox.evidence import Seen
from duban_contracts.events.claims import TaskReported
from duban_contracts.events.feedback import (
    ClaimEvent,
    ClaimFiled,
    ClaimOutcome,
    ClaimRecorded,
    ClaimRejected,
    SettledClaim,
)
from duban_contracts.refusals import Refusal


@dataclass(slots=True)
class Receipt:
    """What became of an event that was taken: decided at `settles_at`, and `told` in the feed from then on."""

    event: CloudEvent
    seen: Seen
    settles_at: float
    rejected: bool
    number: str
    told: bool = False


def settled(seen: Seen, number: str) -> tuple[type[SettledClaim], dict[str, Any]]:
    """Return which answer an event gets that is on the books, and what that says beside which claim it answers.

    `number` is that of a hazard; what files a task is answered by the task, whose number is its reference.
    """
    if seen.type == type_of(TaskReported).name:
        filed = str(seen.reference)
        return ClaimFiled, {"outcome": ClaimOutcome.APPLIED, "task_id": filed, "number": filed, "late": False}
    return ClaimRecorded, {"outcome": ClaimOutcome.REGISTERED, "hazard_id": number, "number": number}


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
