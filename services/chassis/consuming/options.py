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
    # The broker answers a fetch with the first byte. Behind an answer of less than `fetch_bytes` the next one is asked for after
    # `fetch_wait`, so that what trickles in is taken in few and fuller batches. Whoever can't wait says 0.
    fetch_bytes: int = 64 * 1024
    fetch_wait: float = 0.1
    # What is added to it for each partition that is read: a fetch of 300 costs broker and reader some 7 ms, which a single claim
    # is not worth.
    partition_wait: float = 0.0002
    # While nothing comes it answers after this. To say ten times a second that 300 partitions are empty cost 0.15 of a core, the
    # broker and its three readers together; four times a second still cost the broker 0.09. It can't be longer: the question for the
    # partitions' ends, once a second, waits behind such an answer, and what is known of a county is older by that.
    idle_wait: float = 0.5
    poll_seconds: float = 0.2
    session_timeout: float = 10.0
    # Above the database's 60 s for a statement: one that it swallowed is tried again and is no stall. Nor is a COMMIT, which has no
    # such end: while it waits (for the archive, say) the observer is told so once a second.
    stall_timeout: float = 90.0
    observe_every: float = 1.0
    dead_letters: DeadLetterLimit = field(default_factory=DeadLetterLimit)
    floods: FloodLimit = field(default_factory=FloodLimit)

    def rest_behind(self, size: int, partitions: int) -> float:
        """Return how long (seconds) to wait behind an answer of `size` bytes, for a reader of so many partitions."""
        if not (self.fetch_wait and 0 < size < self.fetch_bytes):
            return 0.0
        return min(self.idle_wait, self.fetch_wait + partitions * self.partition_wait)


# For whom nobody waits, such as letters, whose bound is a quarter of an hour. Small batches are dear: on a busy machine one costs some
# 3 ms of processor and PostgreSQL 2, and each event in it 0.15 and 0.09. Not for what 督办 waits for: its five seconds are spoken for.
UNHURRIED: Final = ConsumerOptions(fetch_wait=0.25)
