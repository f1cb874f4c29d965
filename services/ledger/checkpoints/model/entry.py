"""What a leaf of the tree says: one record of history, by nothing but what its county is told of it.

entry = the name of this form and the record's fields, each preceded by its length in bytes as 8 octets, big-endian. The
record's own digest is not in it: whoever holds one event alone can't know the record before, and the tree holds all.
"""

from __future__ import annotations

from typing import Final

from services.ledger.checkpoints.model.tree import leaf_hash
from services.ledger.history.model import Record

FORM: Final = "duban-record-1"


def entry_of(record: Record) -> bytes:
    """Return the bytes under the leaf of a record."""
    parts = (
        FORM.encode(),
        record.hazard_id.encode(),
        str(record.version).encode(),
        record.event_id.encode(),
        record.type.encode(),
        record.time.encode(),
        record.cause_id.encode(),
        record.payload,
    )
    return b"".join([len(part).to_bytes(8, "big") + part for part in parts])


def leaf_of(record: Record) -> bytes:
    """Return the hash of a record's leaf."""
    return leaf_hash(entry_of(record))
