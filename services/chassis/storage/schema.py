"""Forward-only migrations: numbered SQL files, each applied once, in order, and never changed afterwards."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

CHASSIS_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_FILE_NAME: Final = re.compile(r"^\d{4}_[a-z0-9_]+\.sql$")
# The first line of a file that was cut out of an older one: where that was applied, this one has been.
_REPLACES: Final = re.compile(rb"-- replaces: (\S+)\n")
_LOCK: Final = 0x6475_6261  # "duba": two starting processes take turns


class MigrationError(RuntimeError):
    """A migration file has a wrong name, or an applied one was changed or is missing."""


async def migrate(dsn: str, directory: Path, slices: Iterable[str] = (), *, chassis: bool = True) -> list[str]:
    """Apply what is outstanding of the chassis' migrations and the service's; return what was applied.

    With `slices`, each has its folder below `directory`, and they go in this order; without, `directory` is the one
    folder. Without `chassis` the database gets nothing beside them: no outbox, no keys. Safe to run from several
    processes at once. Raises MigrationError when history and files disagree.
    """
    folders = [(name, directory / name) for name in slices] or [("service", directory)]
    connection = await asyncpg.connect(dsn, timeout=30)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            """CREATE TABLE IF NOT EXISTS schema_migration (
                   name text PRIMARY KEY, checksum bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"""
        )
        rows = await connection.fetch("SELECT name, checksum FROM schema_migration")
        applied: dict[str, bytes] = {row["name"]: row["checksum"] for row in rows}
        files = _read([*([("chassis", CHASSIS_MIGRATIONS)] if chassis else []), *folders])
        _check(files, applied)
        return [file.name for file in files if file.name not in applied and await _apply(connection, file, applied)]
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class _File:
    """One migration: `name` is `<folder>/<file>`; `replaces` names the older one that it is cut out of, if any."""

    name: str
    sql: str
    checksum: bytes
    replaces: str | None


def _read(folders: Sequence[tuple[str, Path]]) -> list[_File]:
    files = []
    for scope, folder in folders:
        for path in sorted(folder.glob("*.sql")):
            if not _FILE_NAME.match(path.name):
                raise MigrationError(f"{path.name}: a migration is called NNNN_name.sql")
            content = path.read_bytes()
            replaces = _REPLACES.match(content)
            files.append(
                _File(
                    name=f"{scope}/{path.name}",
                    sql=content.decode(),
                    checksum=hashlib.sha256(content).digest(),
                    replaces=replaces.group(1).decode() if replaces else None,
                )
            )
    return files


def _check(files: Sequence[_File], applied: Mapping[str, bytes]) -> None:
    """Raise MigrationError where an applied migration was changed or is missing, or a new one comes too late."""
    known = {file.name for file in files} | {file.replaces for file in files}
    if missing := sorted(applied.keys() - known):
        raise MigrationError(f"applied migrations are missing: {', '.join(missing)}")
    for file in files:
        folder = file.name.partition("/")[0] + "/"
        last = max((name for name in applied if name.startswith(folder)), default="")
        if file.name in applied and applied[file.name] != file.checksum:
            raise MigrationError(f"{file.name} was changed after it was applied; add a new migration instead")
        if file.name not in applied and file.name < last:
            raise MigrationError(f"{file.name} would come before {last}, which is applied; give it a higher number")


async def _apply(connection: asyncpg.Connection[asyncpg.Record], file: _File, applied: Mapping[str, bytes]) -> bool:
    """Apply one migration and remember it; return False when an older one, which it replaces, did its work already."""
    done_before = file.replaces in applied
    async with connection.transaction():
        if not done_before:
            await connection.execute(file.sql)
        await connection.execute(
            "INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)", file.name, file.checksum
        )
    return not done_before
