"""Which offsets may come next, and when a partition that has work stands still. Pure; time is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from services.statistics.books.model.changes import Change, Counted
from services.statistics.books.model.record import Measure, Step

Partition = TypeVar("Partition")


class LostRecords(Exception):
    """Records were passed over. The process must be restarted; it reads again from the committed offset."""


@dataclass
class Positions(Generic[Partition]):
    """The offset that each partition brings next."""

    _next: dict[Partition, int] = field(default_factory=dict)

    def __contains__(self, partition: Partition) -> bool:
        """Return whether it is known where the partition begins."""
        return partition in self._next

    def begin(self, partition: Partition, offset: int) -> None:
        """Note the first offset that the partition has to bring."""
        self._next[partition] = offset

    def take(self, partition: Partition, offset: int) -> None:
        """Note that `offset` came; raises LostRecords when one before it never did. An older one may come again."""
        expected = self._next[partition]
        if offset > expected:
            raise LostRecords(f"{partition}: {expected} to {offset - 1} were not delivered")
        self._next[partition] = max(expected, offset + 1)

    def clear(self) -> None:
        """Forget everything: the partitions were assigned anew."""
        self._next.clear()


@dataclass
class Movement(Generic[Partition]):
    """When each partition last moved, or had nothing to move for. Instants are seconds of a monotonic clock."""

    assigned_at: float
    committed: Mapping[Partition, int] = field(default_factory=dict)
    _moved_at: dict[Partition, float] = field(default_factory=dict)

    def note(self, ends: Mapping[Partition, int], committed: Mapping[Partition, int], now: float) -> None:
        """Compare the committed offsets with the partitions' ends and with what was committed before."""
        if ends:
            self.assigned_at = now
        self._moved_at = {
            partition: now
            if end <= committed[partition] or committed[partition] != self.committed.get(partition)
            else self._moved_at[partition]
            for partition, end in ends.items()
        }
        self.committed = dict(committed)

    def excuse(self, now: float) -> None:
        """Start the count anew: what is waited for is known, and no restart brings it back."""
        self.assigned_at = now
        self._moved_at = dict.fromkeys(self._moved_at, now)

    def still_for(self, now: float) -> float:
        """Return for how many seconds the partition that is longest in trouble has not moved.

        Without partitions it is the time since there were some.
        """
        return now - min(self._moved_at.values(), default=self.assigned_at)


@dataclass(frozen=True, slots=True)
class Closing:
    """A hazard that was closed just now: its county and grade, and how long it was open (seconds, domain time)."""

    county: str
    grade: str
    seconds: float


def closings(changes: Iterable[Change], counted: Sequence[Counted]) -> list[Closing]:
    """Return the closings among the counts that entered the books just now, of hazards that `changes` brought."""
    steps: dict[tuple[str, int], Step] = {
        (change.record.hazard_id, step.version): step
        for change in changes
        for step in change.record.steps_from(change.since)
    }
    found = []
    for count in counted:
        step = steps.get((count.hazard_id, count.version))
        if count.measure is Measure.CLOSED and step is not None and step.confirmed_at and step.closed_at:
            seconds = (step.closed_at - step.confirmed_at).total_seconds()
            found.append(Closing(count.cell.county, count.cell.grade, max(0.0, seconds)))
    return found
