"""How a consumer fetches, and when it gives up or lets a partition wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from services.chassis.consuming.dead_letters import DeadLetterLimit
from services.chassis.consuming.holds import FloodLimit

_LEAST_IDLE_WAIT: Final = 0.25
_MOST_IDLE_WAIT: Final = 1.0
_IDLE_WAIT_EACH: Final = 1 / 300


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
    # Where nothing has come for so long, the broker answers a fetch with the first byte, or after `idle_wait`.
    idle_after: float = 5.0
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

    def idle_wait(self, partitions: int) -> float:
        """Return for how long (seconds) a broker may hold a fetch of so many partitions while nothing comes.

        To say ten times a second that 300 partitions are empty cost 0.15 of a core, the broker and its three readers together; an idle
        city of 300 counties took 0.36 of one with half a second, and 0.30 with a whole one (2026-11-28). A few partitions cost little,
        and are asked for more often: behind the record that ends the silence the library asks for all other partitions at once, and
        that one's next record waits as long as they do.
        """
        return max(self.fetch_wait, min(_MOST_IDLE_WAIT, max(_LEAST_IDLE_WAIT, partitions * _IDLE_WAIT_EACH)))


# For whom nobody waits, such as letters, whose bound is a quarter of an hour. Small batches are dear: on a busy machine one costs some
# 3 ms of processor and PostgreSQL 2, and each event in it 0.15 and 0.09. Not for what 督办 waits for: its five seconds are spoken for.
UNHURRIED: Final = ConsumerOptions(fetch_wait=0.25)
