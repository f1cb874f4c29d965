"""Forward-only migrations: numbered SQL files, each applied once, in order, and never changed afterwards."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

import asyncpg

CHASSIS_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_FILE_NAME: Final = re.compile(r"^\d{4}_[a-z0-9_]+\.sql$")
_LOCK: Final = 0x6475_6261  # "duba": two starting processes take turns


class MigrationError(RuntimeError):
    """A migration file has a wrong name, or an applied one was changed or is missing."""


async def migrate(dsn: str, directory: Path) -> list[str]:
    """Apply the chassis' and then the service's outstanding migrations; return what was applied.

    Safe to run from several processes at once. Raises MigrationError when history and files disagree.
    """
    connection = await asyncpg.connect(dsn, timeout=30)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            """CREATE TABLE IF NOT EXISTS schema_migration (
                   name text PRIMARY KEY, checksum bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"""
        )
        rows = await connection.fetch("SELECT name, checksum FROM schema_migration")
        applied: dict[str, bytes] = {row["name"]: row["checksum"] for row in rows}
        done = []
        for scope, folder in (("chassis", CHASSIS_MIGRATIONS), ("service", directory)):
            done += await _apply_folder(connection, scope, folder, applied)
        return done
    finally:
        await connection.close()


async def _apply_folder(
    connection: asyncpg.Connection[asyncpg.Record], scope: str, folder: Path, applied: dict[str, bytes]
) -> list[str]:
    files = sorted(folder.glob("*.sql"))  # noqa: ASYNC240 - once, before anything else runs
    names = {f"{scope}/{file.name}" for file in files}
    if missing := sorted(name for name in applied if name.startswith(f"{scope}/") and name not in names):
        raise MigrationError(f"applied migrations are missing from {folder.name}: {', '.join(missing)}")
    last = max((name for name in applied if name.startswith(f"{scope}/")), default="")
    if late := sorted(name for name in names - applied.keys() if name < last):
        raise MigrationError(f"{', '.join(late)} would come before {last}, which is applied; give it a higher number")
    done = []
    for file in files:
        if not _FILE_NAME.match(file.name):
            raise MigrationError(f"{file.name}: a migration is called NNNN_name.sql")
        name, checksum = f"{scope}/{file.name}", hashlib.sha256(file.read_bytes()).digest()
        if name in applied:
            if applied[name] != checksum:
                raise MigrationError(f"{name} was changed after it was applied; add a new migration instead")
            continue
        async with connection.transaction():
            await connection.execute(file.read_text(encoding="utf-8"))
            await connection.execute("INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)", name, checksum)
        done.append(name)
    return done
