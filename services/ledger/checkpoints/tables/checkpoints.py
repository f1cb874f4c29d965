"""What was signed of the tree, and what is going to be."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from services.chassis.storage.database import Connection

_SELECT: Final = "SELECT size, root, note FROM checkpoint WHERE "


class Head(msgspec.Struct, frozen=True):
    """A root over the first `size` records; `note` is the signed checkpoint, or None before it is signed."""

    size: int
    root: bytes
    note: str | None = None


async def store(connection: Connection, head: Head) -> None:
    """Keep the root of a size, before anybody signs it; raises UniqueViolationError where that size has one."""
    await connection.execute("INSERT INTO checkpoint (size, root) VALUES ($1, $2)", head.size, head.root)


async def unsigned(connection: Connection) -> Head | None:
    """Return what is stored and not signed yet."""
    return _head(await connection.fetchrow(f"{_SELECT} note IS NULL"))


async def newest(connection: Connection) -> Head | None:
    """Return the largest checkpoint that is signed."""
    return _head(await connection.fetchrow(f"{_SELECT} note IS NOT NULL ORDER BY size DESC LIMIT 1"))


async def signed_at(connection: Connection) -> datetime | None:
    """Return when (domain time) the largest checkpoint was signed."""
    found: datetime | None = await connection.fetchval(
        "SELECT signed_at FROM checkpoint WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1"
    )
    return found


async def of_size(connection: Connection, size: int) -> Head | None:
    """Return the signed checkpoint of this size."""
    return _head(await connection.fetchrow(f"{_SELECT} note IS NOT NULL AND size = $1", size))


async def sign(connection: Connection, size: int, note: str, signed_at: datetime) -> None:
    """Keep the note of what was stored; `signed_at` is domain time."""
    await connection.execute(
        "UPDATE checkpoint SET note = $2, signed_at = $3 WHERE size = $1 AND note IS NULL", size, note, signed_at
    )


def _head(row: asyncpg.Record | None) -> Head | None:
    return None if row is None else Head(row["size"], row["root"], row["note"])
