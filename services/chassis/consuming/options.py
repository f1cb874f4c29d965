"""How a consumer fetches, and when it gives up or lets a partition wait."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.chassis.consuming.dead_letters import DeadLetterLimit
from services.chassis.consuming.holds import FloodLimit


@dataclass(frozen=True, slots=True)
class ConsumerOptions:
    """How a consumer fetches, and when it gives up. Times in seconds."""

    max_records: int = 500
    # The broker answers a fetch once it has so many bytes, or after `fetch_wait`: what trickles in is taken in few and fuller
    # batches. Whoever can't wait says 1.
    fetch_bytes: int = 64 * 1024
    fetch_wait: float = 0.1
    # Where nothing has come for `idle_after`, the broker answers with the first byte, or after so long: to say ten times a second
    # that 300 partitions are empty cost it and the three who read them 0.15 of a core, four times a second 0.09 to the broker alone. The ends
    # that are asked for once a second wait behind such an answer, and what is known of a county grows older by it: no longer than this.
    idle_after: float = 5.0
    idle_wait: float = 0.5
    # So long nothing is taken behind a batch that was not full: for whoever says 1, and is offered more than it can take singly.
    breath: float = 0.0
    poll_seconds: float = 0.2
    session_timeout: float = 10.0
    # Above the database's 60 s for a statement: one that it swallowed is tried again and is no stall.
    stall_timeout: float = 90.0
    observe_every: float = 1.0
    dead_letters: DeadLetterLimit = field(default_factory=DeadLetterLimit)
    floods: FloodLimit = field(default_factory=FloodLimit)
