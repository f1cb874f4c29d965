"""How a consumer fetches, and when it gives up or lets a partition wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from services.chassis.consuming.dead_letters import DeadLetterLimit
from services.chassis.consuming.holds import FloodLimit


@dataclass(frozen=True, slots=True)
class ConsumerOptions:
    """How a consumer fetches, and when it gives up. Times in seconds."""

    max_records: int = 500
    # Of a backlog two batches are applied at once, each of partitions of its own: one is decided while PostgreSQL writes the other.
    abreast: bool = False
    # The broker answers a fetch once it has so many bytes, or after `fetch_wait`: what trickles in is taken in few and fuller
    # batches. Whoever can't wait says 1.
    fetch_bytes: int = 64 * 1024
    fetch_wait: float = 0.1
    # Where nothing has come for `idle_after`, the broker answers a fetch with the first byte, or after `idle_wait`. To say ten times a
    # second that 300 partitions are empty cost 0.15 of a core, the broker and its three readers together; four times a second still
    # cost the broker 0.09. `idle_wait` can't be longer: the question for the partitions' ends, once a second, waits behind such an
    # answer, and what is known of a county is older by that.
    idle_after: float = 5.0
    idle_wait: float = 0.5
    # A pause behind each batch that was not full, so that the next one is fuller. For consumers whose `fetch_bytes` is 1: under load
    # they would else be given records one by one, faster than they can carry each through a transaction of its own.
    breath: float = 0.0
    poll_seconds: float = 0.2
    session_timeout: float = 10.0
    # Above the database's 60 s for a statement: one that it swallowed is tried again and is no stall. Nor is a COMMIT, which has no
    # such end: while it waits (for the archive, say) the observer is told so once a second.
    stall_timeout: float = 90.0
    observe_every: float = 1.0
    dead_letters: DeadLetterLimit = field(default_factory=DeadLetterLimit)
    floods: FloodLimit = field(default_factory=FloodLimit)


# For whom nobody waits, such as letters, whose bound is a quarter of an hour. Small batches are dear: on a busy machine one costs some
# 3 ms of processor and PostgreSQL 2, and each event in it 0.15 and 0.09. Not for what 督办 waits for: its five seconds are spoken for.
UNHURRIED: Final = ConsumerOptions(fetch_wait=0.25)
