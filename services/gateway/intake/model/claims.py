"""What passes the edge, what is refused, and what makes two events the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode, says
from duban_contracts.refusals import Refusal, refusal

_TRACEPARENT: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Claim:
    """An event that passed the edge. Two claims of one `receipt_id` are the same when their digests are."""

    event: CloudEvent
    receipt_id: UUID
    reference: str
    digest: bytes

    def is_known_by(self, digest: bytes | None) -> bool:
        """Tell whether what was kept of an id's content, by this release or one before, is this claim's."""
        if digest is None or digest == self.digest:
            return digest is not None
        return says(self.event.type, decode(self.event), digest)


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event that did not pass, with everything that is wrong with it: at least one refusal, the first names it.

    `event_id` is None where none could be read; `receipt_id` is the receipt under which its id stands already.
    """

    event_id: str | None
    refusals: tuple[Refusal, ...]
    receipt_id: UUID | None = None


def id_reused(claim: Claim) -> RefusedEvent:
    """Return the refusal of a claim whose id stands for other content already."""
    return RefusedEvent(claim.event.id, (refusal("id-reused", field="id"),), claim.receipt_id)


def kept_traceparent(own: str | None, of_request: str | None) -> str | None:
    """Return the trace to carry on: the event's own where it is valid (W3C Trace Context), else the request's."""
    if own is not None and _TRACEPARENT.fullmatch(own):
        return own
    return of_request
