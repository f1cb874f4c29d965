"""What a run saw, in the order in which it happened: plain values that are written down and judged.

Times are seconds since the run began.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec


class Seen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event within a request or record. `content` is a digest of type and payload, whatever their layout.

    `refused` are the codes with which it was refused at once; an event without an id could not be read.
    """

    id: str | None = None
    source: str | None = None
    type: str | None = None
    reference: str | None = None
    content: str | None = None
    time: str | None = None
    refused: tuple[str, ...] = ()


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="request"):
    """A request with events, what was done with it, and the status of the answer (None: no answer was sent).

    `taken` says whether its good events were taken; `retry_after` is in seconds.
    """

    at: float
    act: str
    status: int | None
    taken: bool
    events: tuple[Seen, ...] = ()
    retry_after: int | None = None


class Rejected(msgspec.Struct, frozen=True, kw_only=True, tag="rejected"):
    """An event that was taken has been rejected by the ledger: its receipt says so from now on."""

    at: float
    receipt_id: str
    event_id: str
    code: str


class Read(msgspec.Struct, frozen=True, kw_only=True, tag="read"):
    """A receipt was read and showed `status`."""

    at: float
    receipt_id: str
    status: str


class Turned(msgspec.Struct, frozen=True, kw_only=True, tag="turned"):
    """A request was turned away before its events were looked at (no key, media type, no JSON array, too large)."""

    at: float
    status: int
    code: str


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="record"):
    """A record on the sandbox topic."""

    at: float
    partition: int
    offset: int
    event: Seen
    key: str | None = None


class Produced(msgspec.Struct, frozen=True, kw_only=True, tag="produced"):
    """A produce request for the sandbox topic, what was done with it, and its batches: producer, first sequence, records."""

    at: float
    act: str
    acks: int
    batches: tuple[tuple[int, int, int], ...]


class Written(msgspec.Struct, frozen=True, kw_only=True, tag="written"):
    """Who wrote to a partition, by what its leader remembers: how many idempotent producers, and how many records of theirs.

    `sequenced` is None where that can't be told, since a producer began to count anew.
    """

    at: float
    partition: int
    producers: int
    sequenced: int | None


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag="answered"):
    """The sandbox answered a record on the feedback topic, at `offset`, refusing it with `code` or (None) recording it."""

    at: float
    receipt_id: str | None
    event_id: str | None
    offset: int
    code: str | None = None


class FeedbackRead(msgspec.Struct, frozen=True, kw_only=True, tag="feedback_read"):
    """A consumer group has committed the feedback topic up to (not including) `offset`."""

    at: float
    group: str
    offset: int


Fact = Request | Rejected | Read | Turned | Record | Produced | Written | Answered | FeedbackRead
Evidence = Sequence[Fact]

_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final[msgspec.json.Decoder[Fact]] = msgspec.json.Decoder(Fact)


def as_lines(evidence: Iterable[Fact]) -> bytes:
    """Return the evidence as JSON lines, always the same bytes for the same facts."""
    return b"".join(_ENCODER.encode(fact) + b"\n" for fact in evidence)


def from_lines(raw: bytes) -> list[Fact]:
    """Read evidence; raises msgspec.ValidationError when it is none."""
    return _DECODER.decode_lines(raw)


def digest(raw: bytes) -> str:
    """Return the SHA-256 of written evidence, in hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()
