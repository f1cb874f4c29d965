"""What the sandbox tells of an event afterwards, as the ledger does: on the feedback topic, and in the feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import encode
from duban_contracts.conformance.sandbox.evidence import Seen
from duban_contracts.events.feedback import ClaimOutcome, ClaimRecorded, ClaimRejected
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
    said: ClaimRecorded | ClaimRejected
    if refused is None:
        number = f"{county}-{origin.rpartition('/')[2]}"
        said = ClaimRecorded(**about, hazard_id=number, number=number, outcome=ClaimOutcome.REGISTERED)
    else:
        said = ClaimRejected(**about, **msgspec.structs.asdict(refused))
    return CloudEvent(
        id=f"answer-{origin}",
        source="/sandbox",
        type=f"duban.claim.{'recorded' if refused is None else 'rejected'}.v1",
        subject=seen.reference,
        partitionkey=seen.reference,
        time=about["answered_at"],
        data=encode(said),
    )
