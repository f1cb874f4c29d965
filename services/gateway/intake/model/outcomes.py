"""What becomes of the events of one request, once it is known which of their ids were used before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.gateway.intake.model.claims import Claim, RefusedEvent, id_reused
from services.gateway.receipts.model import Earlier


@dataclass(frozen=True, slots=True)
class Queued:
    """The broker has the event."""

    event_id: str
    receipt_id: UUID


Outcome = Queued | RefusedEvent


def first_of_each(examined: Sequence[Claim | RefusedEvent]) -> dict[UUID, Claim]:
    """Return the first claim of each event id, in order of arrival."""
    first: dict[UUID, Claim] = {}
    for item in examined:
        if isinstance(item, Claim):
            first.setdefault(item.receipt_id, item)
    return first


def standing(
    examined: Sequence[Claim | RefusedEvent], distinct: Mapping[UUID, Claim], earlier: Mapping[UUID, Earlier]
) -> dict[UUID, Claim]:
    """Return for each event id the claim that may stand under it: of the content known from before, else the first.

    An id whose known content nobody sends this time has none.
    """
    stands = {key: claim for key, claim in distinct.items() if key not in earlier}
    for item in examined:
        if isinstance(item, Claim) and (known := earlier.get(item.receipt_id)) and item.is_known_by(known.digest):
            stands.setdefault(item.receipt_id, item)
    return {key: stands[key] for key in distinct if key in stands}


def due(stands: Mapping[UUID, Claim], earlier: Mapping[UUID, Earlier]) -> list[Claim]:
    """Return the claims to be sent, in order.

    What the ledger has answered is in the ledger; everything else is sent, if need be again. An id that stands for
    other content is not sent: the ledger would take it for a repeat and drop it.
    """
    return [claim for key, claim in stands.items() if key not in earlier or not earlier[key].answered]


def outcome_of(item: Claim | RefusedEvent, stands: Mapping[UUID, Claim]) -> Outcome:
    """Return what became of one event after everything that was due had the broker's ack."""
    if isinstance(item, RefusedEvent):
        return item
    first = stands.get(item.receipt_id)
    if first is None or item.digest != first.digest:
        return id_reused(item)
    return Queued(item.event.id, item.receipt_id)
