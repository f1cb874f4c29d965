"""The hash chain that makes a hazard's history tamper-evident (promise P4).

digest = SHA-256 over the algorithm's name, the previous digest and the record's fields, each preceded by its
length in bytes as 8 octets, big-endian, so that no two records share an encoding.
"""

from __future__ import annotations

import hashlib
from typing import Final

ALGORITHM: Final = "duban-history-1"
GENESIS: Final = bytes(32)


def link(
    previous: bytes,
    *,
    hazard_id: str,
    version: int,
    event_id: str,
    event_type: str,
    time: str,
    cause_id: str,
    payload: bytes,
) -> bytes:
    """Return the digest of a history record.

    `time` is its RFC 3339 text, `cause_id` the id of the event that caused it or empty, `payload` the published
    bytes.
    """
    parts = (
        ALGORITHM.encode(),
        previous,
        hazard_id.encode(),
        str(version).encode(),
        event_id.encode(),
        event_type.encode(),
        time.encode(),
        cause_id.encode(),
        payload,
    )
    return hashlib.sha256(b"".join([len(part).to_bytes(8, "big") + part for part in parts])).digest()
