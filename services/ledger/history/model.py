"""The hash chain that makes the history of a hazard, or of an accident, tamper-evident (promise P4).

digest = SHA-256 over the algorithm's name, the previous digest and the record's fields, each preceded by its
length in bytes as 8 octets, big-endian, so that no two records share an encoding.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.times import format_time

ALGORITHM: Final = "duban-history-1"
GENESIS: Final = bytes(32)

# What the ledger is called in the events that it publishes.
SOURCE: Final = "/duban/ledger"


class Record(msgspec.Struct, frozen=True, gc=False):
    """One sealed record of history; `time` is RFC 3339 text, `digest` chains it to the one before.

    `hazard_id` is the id of the hazard, or of the accident, that it is about: `type` tells which.
    """

    hazard_id: str
    version: int
    event_id: str
    type: str
    time: str
    cause_id: str
    payload: bytes
    digest: bytes


def seal(previous: bytes, event: CloudEvent, version: int) -> Record:
    """Return the record of event number `version` of a hazard or an accident, chained to the record whose digest is `previous`."""
    hazard_id = event.subject or ""
    time = format_time(event.time) if event.time else ""
    cause_id = event.causationid or ""
    digest = link(
        previous,
        hazard_id=hazard_id,
        version=version,
        event_id=event.id,
        event_type=event.type,
        time=time,
        cause_id=cause_id,
        payload=event.data,
    )
    return Record(hazard_id, version, event.id, event.type, time, cause_id, event.data, digest)


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
