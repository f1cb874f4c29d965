"""The chain of the trail: what a row's digest is made of, and how a seal holds rows and the seal before. Pure.

A row's digest is SHA-256 over its fields as a JSON array in UTF-8 without spaces, in the order of `TrailRecord`, the instant as
RFC 3339 text with microseconds and `Z`. A seal's is SHA-256 over the algorithm's name, the digest of the seal before, its
number, its instant, the positions of its rows (decimal, with commas between) and their digests one after the other, each
of the six preceded by its length in bytes as 8 octets, big-endian. So whoever has the rows can check them without our code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

ALGORITHM: Final = "duban-trail-1"
GENESIS: Final = bytes(32)
KEPT_AT_LEAST: Final = timedelta(days=366)
LONGEST_SILENCE: Final = timedelta(days=31)
"""For so long a trail may say nothing."""
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_DIGEST_BYTES: Final = 32


class TrailRecord(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A row of the trail as it stands; see `storage.trail.TrailRow` and the migration for what the fields mean."""

    position: int
    at: datetime
    account: str | None
    role: str | None
    source: str | None
    action: str
    method: str | None
    route: str | None
    objects: list[str]
    events: list[str]
    outcome: str
    status: int | None
    code: str | None
    reason: str | None
    times: int
    trace: str | None

    @property
    def digest(self) -> bytes:
        """The SHA-256 of all its fields."""
        fields = msgspec.to_builtins(self, builtin_types=(datetime,))
        return hashlib.sha256(
            msgspec.json.encode([_text(f) if isinstance(f, datetime) else f for f in fields])
        ).digest()


class Seal(msgspec.Struct, frozen=True, gc=False):
    """One link of the chain: the rows at `positions`, with their `digests` one after the other."""

    number: int
    previous: bytes
    sealed_at: datetime
    positions: list[int]
    digests: bytes
    digest: bytes

    @classmethod
    def over(cls, records: Sequence[TrailRecord], *, number: int, previous: bytes, at: datetime) -> Seal:
        """Return seal number `number` over `records`, behind the seal whose digest is `previous`."""
        positions, digests = [each.position for each in records], b"".join(each.digest for each in records)
        return cls(number, previous, at, positions, digests, _digest(number, previous, at, positions, digests))

    @property
    def is_whole(self) -> bool:
        """Whether its digest is that of what it holds."""
        return self.digest == _digest(self.number, self.previous, self.sealed_at, self.positions, self.digests)


class Head(msgspec.Struct, frozen=True):
    """Where a chain stands: number and digest of its last seal. Kept elsewhere, it shows a trail that was made anew."""

    number: int
    digest: bytes

    def __str__(self) -> str:
        """Return `<number>:<hex>`, as commands print and take it."""
        return f"{self.number}:{self.digest.hex()}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Return the head that `str` wrote; raises ValueError."""
        number, _, digest = text.partition(":")
        if len(digest) != 2 * _DIGEST_BYTES:
            raise ValueError("a head reads <number>:<64 hexadecimal digits>")
        return cls(int(number), bytes.fromhex(digest))


BEGINNING: Final = Head(0, GENESIS)


class Anchor(msgspec.Struct, frozen=True):
    """Where a chain begins after its oldest part was pruned: the last seal that went, and when it was made and went."""

    number: int
    digest: bytes
    sealed_at: datetime
    pruned_at: datetime

    @property
    def head(self) -> Head:
        """The link behind which the chain goes on."""
        return Head(self.number, self.digest)


class Fault(StrEnum):
    """What can be wrong with a trail."""

    EDITED = "edited"
    REMOVED = "removed"
    SLIPPED_IN = "slipped-in"
    """A row that no seal holds and that does not wait for one."""
    SEAL_EDITED = "seal-edited"
    SEAL_MISSING = "seal-missing"
    HEAD_MISSING = "head-missing"
    """The chain does not hold the head that somebody kept: it was cut or made anew."""
    CUT_TOO_SOON = "cut-too-soon"
    """An anchor stands for more than was old enough to be pruned: somebody made it up."""


class ChainFault(msgspec.Struct, frozen=True):
    """One fault, and where: a row's position, or a seal's number."""

    fault: Fault
    at: int


def check_anchor(anchor: Anchor, first: Seal | None, now: datetime) -> Iterator[ChainFault]:
    """Yield what is wrong with an anchor before `first`, the oldest seal that is left; pruning leaves the newest of all.

    What an anchor says of itself can be made up; how old the rest is can't. So what was taken away too soon shows unless it
    was within a month of its time.
    """
    until = anchor.pruned_at - KEPT_AT_LEAST
    is_pruned = anchor.sealed_at < until and anchor.pruned_at < now + _CLOCKS_DIFFER
    if not is_pruned or first is None or first.sealed_at > until + LONGEST_SILENCE:
        yield ChainFault(Fault.CUT_TOO_SOON, anchor.number)


def check_link(seal: Seal, before: Head) -> Iterator[ChainFault]:
    """Yield what is wrong with a seal as the one behind `before`."""
    if seal.number != before.number + 1:
        yield ChainFault(Fault.SEAL_MISSING, before.number + 1)
    elif seal.previous != before.digest or not seal.is_whole:
        # Two that changed places have wrong numbers or wrong neighbours, and so has one that was written anew.
        yield ChainFault(Fault.SEAL_EDITED, seal.number)


def check_rows(seal: Seal, rows: Mapping[int, TrailRecord]) -> Iterator[ChainFault]:
    """Yield which of a seal's rows are gone or say something else than when they were sealed."""
    for nth, position in enumerate(seal.positions):
        row = rows.get(position)
        if row is None:
            yield ChainFault(Fault.REMOVED, position)
        elif row.digest != seal.digests[nth * _DIGEST_BYTES : (nth + 1) * _DIGEST_BYTES]:
            yield ChainFault(Fault.EDITED, position)


def _digest(number: int, previous: bytes, at: datetime, positions: Sequence[int], digests: bytes) -> bytes:
    parts = (
        ALGORITHM.encode(),
        previous,
        str(number).encode(),
        _text(at).encode(),
        ",".join(map(str, positions)).encode(),
        digests,
    )
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
