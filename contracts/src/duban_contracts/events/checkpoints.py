"""Signed checkpoints of the ledger's whole history, on `ledger.checkpoint.v1` and every county's feedback topic."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from duban_contracts.catalogue import EventData, event
from duban_contracts.events.types import Instant, LongText, ShortText
from duban_contracts.topics import TopicFamily


@event("ledger.checkpoint_signed.v1", family=TopicFamily.CHECKPOINT, title_zh="历史检查点")
class LedgerCheckpointSigned(EventData, frozen=True, kw_only=True):
    """历史检查点: keep it, and nobody can rewrite what is under it without your noticing (promise P4).

    `note` is what counts: a checkpoint of C2SP's tlog-checkpoint, signed by Ed25519 keys over the root of a Merkle tree
    (RFC 6962) of the first `size` records of all hazards. `origin`, `size` and `root` (base64) say the same beside it.
    Two checkpoints of one size have one root, and of two the larger has grown from the smaller: `duban-contracts verify`
    checks both offline. It is no hazard's event and has no aggregate version.
    """

    origin: ShortText
    size: Annotated[int, Meta(ge=1)]
    root: Annotated[str, Meta(min_length=44, max_length=44, pattern=r"^[A-Za-z0-9+/]{43}=$")]
    signed_at: Instant
    note: LongText
