"""Sealed identities, their tombstones and their blind indices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import asyncpg
import msgspec

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.vault.model.envelope import Envelope
from services.ledger.vault.model.identity import Identifier


class ErasedFor(StrEnum):
    """Why an identity went: its time was over, or no tip was ever made of it."""

    RETENTION = "retention"
    UNCLAIMED = "unclaimed"


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it stands; without an envelope it is a tombstone."""

    subject_id: str
    envelope: Envelope | None


_ENVELOPE: Final = "algorithm, key_id, key_algorithm, wrapped_key, sealed"
_WRAPS: Final = Columns[Sealed](
    {
        "subject_id": "uuid",
        "key_id": ("text", "envelope.key_id"),
        "key_algorithm": ("text", "envelope.key_algorithm"),
        "wrapped_key": ("bytea", "envelope.wrapped_key"),
    }
)
_REWRAP: Final = _WRAPS.update("sealed_identity", ["subject_id"])


async def ask(connection: Connection, within: float) -> None:
    """See that the database answers within so many seconds; raises TimeoutError and what a lost connection raises."""
    await connection.execute("SELECT 1", timeout=within)


async def insert(connection: Connection, subject_id: str, kind: str, envelope: Envelope, at: datetime) -> bool:
    """Write the identity of a subject; return False when there is one, or was."""
    status: str = await connection.execute(
        f"""INSERT INTO sealed_identity (subject_id, kind, {_ENVELOPE}, sealed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (subject_id) DO NOTHING""",  # noqa: S608
        subject_id,
        kind,
        envelope.algorithm,
        envelope.key_id,
        envelope.key_algorithm,
        envelope.wrapped_key,
        envelope.sealed,
        at,
    )
    return status == "INSERT 0 1"


async def index(connection: Connection, subject_id: str, digests: Mapping[Identifier, bytes]) -> None:
    """Write by what the same person will be recognised."""
    await connection.executemany(
        "INSERT INTO blind_index (subject_id, identifier, digest) VALUES ($1, $2, $3)",
        [(subject_id, kind, digest) for kind, digest in digests.items()],
    )


async def find(connection: Connection, subject_id: str) -> Sealed | None:
    """Return the record of a subject, or None when it never had one."""
    row = await connection.fetchrow(
        f"SELECT subject_id, {_ENVELOPE} FROM sealed_identity WHERE subject_id = $1",  # noqa: S608
        subject_id,
    )
    return None if row is None else _sealed(row)


async def of_same_person(connection: Connection, subject_id: str) -> list[str]:
    """Return the other subjects that have an identifier in common with this one, oldest first."""
    rows = await connection.fetch(
        """SELECT DISTINCT other.subject_id FROM blind_index AS own
             JOIN blind_index AS other USING (digest, identifier)
            WHERE own.subject_id = $1 AND other.subject_id <> $1 ORDER BY other.subject_id""",
        subject_id,
    )
    return [str(row["subject_id"]) for row in rows]


async def sealed_between(connection: Connection, kind: str, first: datetime, last: datetime) -> list[str]:
    """Return the subjects of a kind that were sealed between two instants and are not erased."""
    rows = await connection.fetch(
        """SELECT subject_id FROM sealed_identity
            WHERE erased_at IS NULL AND kind = $1 AND sealed_at BETWEEN $2 AND $3""",
        kind,
        first,
        last,
    )
    return [str(row["subject_id"]) for row in rows]


async def erase(connection: Connection, subjects: Collection[str], why: ErasedFor, at: datetime) -> int:
    """Leave tombstones of these subjects; return how many were there to go."""
    await connection.execute("DELETE FROM blind_index WHERE subject_id = ANY($1::uuid[])", list(subjects))
    status: str = await connection.execute(
        """UPDATE sealed_identity
              SET key_id = NULL, key_algorithm = NULL, wrapped_key = NULL, sealed = NULL,
                  erased_at = $2, erased_for = $3
            WHERE subject_id = ANY($1::uuid[]) AND erased_at IS NULL""",
        list(subjects),
        at,
        why,
    )
    return int(status.removeprefix("UPDATE "))


async def not_under(connection: Connection, key_id: str, limit: int) -> list[Sealed]:
    """Return up to `limit` records that another key than this wraps, locked; those that somebody else wraps are left out."""
    rows = await connection.fetch(
        f"""SELECT subject_id, {_ENVELOPE} FROM sealed_identity
             WHERE erased_at IS NULL AND key_id <> $1 ORDER BY subject_id LIMIT $2 FOR UPDATE SKIP LOCKED""",  # noqa: S608
        key_id,
        limit,
    )
    return [_sealed(row) for row in rows]


async def rewrap(connection: Connection, records: Sequence[Sealed]) -> None:
    """Write by which key records are wrapped now."""
    await connection.execute(_REWRAP, *_WRAPS.arguments(records))


async def count_by_key(connection: Connection) -> dict[str | None, int]:
    """Return how many records each key wraps; under None how many tombstones there are."""
    rows = await connection.fetch("SELECT key_id, count(*) FROM sealed_identity GROUP BY key_id ORDER BY key_id")
    return {row[0]: row[1] for row in rows}


def _sealed(row: asyncpg.Record) -> Sealed:
    values = dict(row)
    subject_id = str(values.pop("subject_id"))
    return Sealed(subject_id=subject_id, envelope=Envelope(**values) if values["sealed"] is not None else None)
