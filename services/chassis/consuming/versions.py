"""The version rule: apply `seen + 1`, drop what is older, park what is ahead until the gap fills (promise P2)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, NamedTuple, TypeVar

from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.stored_records import RECORD, record_of
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection

T = TypeVar("T")


class Verdict(enum.Enum):
    """What the rule says of one event."""

    APPLY = enum.auto()
    DROP = enum.auto()
    PARK = enum.auto()


def judge(seen: int, version: int) -> Verdict:
    """Return what to do with an event of `version` when `seen` is the last one applied (0 = none yet)."""
    if version <= seen:
        return Verdict.DROP
    return Verdict.APPLY if version == seen + 1 else Verdict.PARK


@dataclass
class Sequencer(Generic[T]):
    """Puts one aggregate's events in order: `seen` is the last version applied, `parked` what waits ahead of it."""

    seen: int = 0
    parked: dict[int, T] = field(default_factory=dict)

    def offer(self, version: int, item: T) -> tuple[list[tuple[int, T]], Verdict]:
        """Take one event; return what can be applied now, in order, and the verdict on the event itself."""
        verdict = judge(self.seen, version)
        if verdict is Verdict.DROP:
            return [], verdict
        self.parked.setdefault(version, item)
        ready = []
        while self.seen + 1 in self.parked:
            self.seen += 1
            ready.append((self.seen, self.parked.pop(self.seen)))
        return ready, verdict


@dataclass(frozen=True)
class Admission:
    """What a batch came to: the records to apply, in order, and how many were dropped and parked."""

    admitted: list[RawRecord]
    dropped: int
    parked: int


async def admit(
    connection: Connection, consumer: str, records: Sequence[tuple[RawRecord, str | None, int | None]]
) -> Admission:
    """Apply the version rule to `records` (record, aggregate, version) in the caller's transaction.

    A record without a version passes. The rows of the aggregates are locked, so two instances take turns.
    """
    aggregates = sorted(
        {aggregate for _, aggregate, version in records if aggregate is not None and version is not None}
    )
    sequencers = await _load(connection, consumer, aggregates)
    before = {name: sequencer.seen for name, sequencer in sequencers.items()}
    known = {(name, version) for name, sequencer in sequencers.items() for version in sequencer.parked}
    admitted: list[RawRecord] = []
    dropped = parked = 0
    for record, aggregate, version in records:
        if aggregate is None or version is None:
            admitted.append(record)
            continue
        ready, verdict = sequencers[aggregate].offer(version, record)
        admitted.extend(item for _, item in ready)
        dropped += verdict is Verdict.DROP
        parked += verdict is Verdict.PARK
    await _save(connection, consumer, sequencers, before, known)
    return Admission(admitted, dropped, parked)


class _Version(NamedTuple):
    aggregate: str
    version: int


class _Parked(NamedTuple):
    aggregate: str
    version: int
    record: RawRecord


_VERSION: Final[Columns[_Version]] = Columns({"aggregate": "text", "version": "bigint"})
_PARKED: Final[Columns[_Parked]] = Columns({"aggregate": "text", "version": "bigint"}) | RECORD.of("record")
_AGGREGATE: Final[Columns[str]] = Columns({"aggregate": ("text", lambda name: name)})
_BEGIN: Final = f"""
INSERT INTO aggregate_version (consumer, aggregate, version)
SELECT $1, aggregate, 0 FROM {_AGGREGATE.rows("new", 2)} ON CONFLICT DO NOTHING"""  # noqa: S608
_MOVE: Final = f"""
UPDATE aggregate_version SET version = moved.version FROM {_VERSION.rows("moved", 2)}
 WHERE aggregate_version.consumer = $1 AND aggregate_version.aggregate = moved.aggregate"""  # noqa: S608
_RELEASE: Final = f"""
DELETE FROM parked_event USING {_VERSION.rows("released", 2)}
 WHERE parked_event.consumer = $1 AND parked_event.aggregate = released.aggregate
   AND parked_event.version = released.version"""  # noqa: S608
_PARK: Final = f"""
INSERT INTO parked_event (consumer, {_PARKED.names}) SELECT $1, {_PARKED.names} FROM {_PARKED.rows("new", 2)}"""  # noqa: S608


async def _load(connection: Connection, consumer: str, aggregates: Sequence[str]) -> dict[str, Sequencer[RawRecord]]:
    if not aggregates:
        return {}
    await connection.execute(_BEGIN, consumer, *_AGGREGATE.arguments(aggregates))
    rows = await connection.fetch(
        """SELECT aggregate, version FROM aggregate_version
            WHERE consumer = $1 AND aggregate = ANY($2::text[]) ORDER BY aggregate FOR UPDATE""",
        consumer,
        aggregates,
    )
    sequencers: dict[str, Sequencer[RawRecord]] = {r["aggregate"]: Sequencer(r["version"]) for r in rows}
    for row in await connection.fetch(
        "SELECT * FROM parked_event WHERE consumer = $1 AND aggregate = ANY($2::text[])", consumer, aggregates
    ):
        sequencers[row["aggregate"]].parked[row["version"]] = record_of(row)
    return sequencers


async def unpark(connection: Connection, consumer: str, origins: Sequence[str]) -> list[RawRecord]:
    """Take the parked events with these origins out of the park and return them."""
    if not origins:
        return []
    rows = await connection.fetch(
        """DELETE FROM parked_event
            WHERE consumer = $1 AND topic || '/' || partition || '/' || "offset" = ANY($2::text[]) RETURNING *""",
        consumer,
        origins,
    )
    return [record_of(row) for row in rows]


async def _save(
    connection: Connection,
    consumer: str,
    sequencers: dict[str, Sequencer[RawRecord]],
    before: dict[str, int],
    known: Iterable[tuple[str, int]],
) -> None:
    moved = [_Version(name, s.seen) for name, s in sequencers.items() if s.seen != before[name]]
    if moved:
        await connection.execute(_MOVE, consumer, *_VERSION.arguments(moved))
    parked_now = {(name, v): item for name, s in sequencers.items() for v, item in s.parked.items()}
    known = set(known)
    if released := [_Version(*key) for key in known if key not in parked_now]:
        await connection.execute(_RELEASE, consumer, *_VERSION.arguments(released))
    if parked := [_Parked(*key, record) for key, record in parked_now.items() if key not in known]:
        await connection.execute(_PARK, consumer, *_PARKED.arguments(parked))
