"""Forward-only migrations: numbered SQL files, each applied once, in order, and never changed afterwards.

A release runs on the tables of the next one, too, so that an upgrade can roll out instance by instance and be taken back:
what a newer release added is left alone by an older one, which only makes sure that all of its own is there.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import structlog

from services.chassis.storage.comments import statements, without_comments
from services.chassis.storage.locks import wait_at_most
from services.chassis.storage.opening import BY_ITSELF

CHASSIS_MIGRATIONS: Final = Path(__file__).parent / "migrations"
ADDED_CONSTRAINT: Final = re.compile(r'\bADD\s+CONSTRAINT\s+("[^"]*"|\w+)', re.IGNORECASE)
"""Where a file adds a constraint, and its name as it is written: `make lint` refuses what PostgreSQL would write otherwise.

Of the file's text without its comments (`storage/comments.py`), which may stand between any two words.
"""
_FILE_NAME: Final = re.compile(r"^\d{4}_[a-z0-9_]+\.sql$")
# The first line of a file that was cut out of an older one: where that was applied, this one has been.
_REPLACES: Final = re.compile(rb"-- replaces: (\S+)\n")
# The first line of a file whose statements PostgreSQL runs in no transaction, such as CREATE INDEX CONCURRENTLY.
_ALONE: Final = b"-- outside a transaction\n"
_LOCK: Final = 0x6475_6261  # "duba": two starting processes take turns
_TURN_SECONDS: Final = 0.1
# A statement that waits for a table makes everybody wait who comes after it; so it gives way, and tries again.
_LOCK_SECONDS: Final = 5.0
_TRIES: Final = 12

_log: Final = structlog.get_logger(__name__)


class MigrationError(RuntimeError):
    """A migration file has a wrong name, an applied one was changed or is missing, or one can't be applied."""


class TablesLocked(MigrationError):
    """A table stays locked: tried again later, it is applied."""


class RowsBreakConstraint(MigrationError):
    """Rows that were there break constraints that are new: all is `applied`, and what is written is held to them already."""

    def __init__(self, broken: Sequence[str], applied: list[str]) -> None:
        super().__init__(f"rows that were there break {', '.join(broken)}")
        self.applied = applied


async def migrate(dsn: str, directory: Path, slices: Iterable[str] = (), *, chassis: bool = True) -> list[str]:
    """Apply what is outstanding of the chassis' migrations and the service's; return what was applied.

    With `slices`, each has its folder below `directory`, and they go in this order; without, `directory` is the one
    folder. Without `chassis` the database gets nothing beside them: no outbox, no keys. What they added NOT VALID is
    validated at the end, by the next call where this one is killed or a table is locked. Safe to run from several
    processes at once, and beside a service that works. Raises MigrationError when history and files disagree or a table
    stays locked for a minute; RowsBreakConstraint when all is applied and rows that were there break what is new.
    """
    connection = await asyncpg.connect(dsn, timeout=30, server_settings=BY_ITSELF)
    try:
        # Asked again and again: a session that waits in a statement would hold up CREATE INDEX CONCURRENTLY, for which
        # it would wait in turn.
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(_TURN_SECONDS)
        await connection.execute(
            """CREATE TABLE IF NOT EXISTS schema_migration (
                   name text PRIMARY KEY, checksum bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"""
        )
        files, applied = await _look(connection, _folders(directory, slices, chassis=chassis))
        await wait_at_most(connection, _LOCK_SECONDS, whole_session=True)
        done = [file.name for file in files if file.name not in applied and await _apply(connection, file, applied)]
        if broken := await _validate(connection, files):
            raise RowsBreakConstraint(broken, done)
        return done
    finally:
        await connection.close()


async def migrate_at_start(dsn: str, directory: Path, slices: Iterable[str] = ()) -> None:
    """Migrate as a service that begins: rows that break a new constraint are said, and it works; it writes no more of them."""
    try:
        await migrate(dsn, directory, slices)
    except RowsBreakConstraint as error:
        _log.error("new constraints are broken", why=str(error))


async def check(dsn: str, directory: Path, slices: Iterable[str] = (), *, chassis: bool = True) -> None:
    """Raise MigrationError unless everything that `migrate` would apply is applied; a newer schema is none's fault.

    Nothing is written: the role may be one that can make no tables.
    """
    connection = await asyncpg.connect(dsn, timeout=30)
    try:
        files, applied = await _look(connection, _folders(directory, slices, chassis=chassis))
    finally:
        await connection.close()
    if outstanding := [file.name for file in files if file.name not in applied]:
        raise MigrationError(f"not applied yet: {', '.join(outstanding)}; the provisioning step does it")


def _folders(directory: Path, slices: Iterable[str], *, chassis: bool) -> list[tuple[str, Path]]:
    own = [(name, directory / name) for name in slices] or [("service", directory)]
    return [*([("chassis", CHASSIS_MIGRATIONS)] if chassis else []), *own]


async def _look(
    connection: asyncpg.Connection[asyncpg.Record], folders: Sequence[tuple[str, Path]]
) -> tuple[list[_File], dict[str, bytes]]:
    known = await connection.fetchval("SELECT to_regclass('schema_migration') IS NOT NULL")
    rows = await connection.fetch("SELECT name, checksum FROM schema_migration") if known else []
    applied: dict[str, bytes] = {row["name"]: row["checksum"] for row in rows}
    files = _read(folders)
    _compare(files, applied)
    return files, applied


@dataclass(frozen=True, slots=True)
class _File:
    """One migration: `name` is `<folder>/<file>`; `replaces` names the older one that it is cut out of, if any."""

    name: str
    sql: str
    checksum: bytes
    replaces: str | None
    alone: bool

    @property
    def folder(self) -> str:
        """Its folder, with the slash."""
        return _folder_of(self.name)


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
                    alone=content.startswith(_ALONE),
                )
            )
    return files


def _compare(files: Sequence[_File], applied: Mapping[str, bytes]) -> None:
    """Raise MigrationError where an applied migration was changed or is missing, or a new one comes too late."""
    known = {file.name for file in files} | {file.replaces for file in files}
    if unknown := sorted(applied.keys() - known):
        if not _is_newer(unknown, files, applied):
            raise MigrationError(f"applied migrations are missing: {', '.join(unknown)}")
        _log.info("schema is newer", migrations=unknown)
    for file in files:
        last = max((name for name in applied if name.startswith(file.folder)), default="")
        if file.name in applied and applied[file.name] != file.checksum:
            raise MigrationError(f"{file.name} was changed after it was applied; add a new migration instead")
        if file.name not in applied and file.name < last:
            raise MigrationError(f"{file.name} would come before {last}, which is applied; give it a higher number")


def _is_newer(unknown: Iterable[str], files: Sequence[_File], applied: Mapping[str, bytes]) -> bool:
    """Say whether what is unknown can be a newer release's: all of ours is applied, and each comes after all of ours."""
    last = {file.folder: file.name for file in files}
    return all(file.name in applied for file in files) and all(
        name > last.get(_folder_of(name), "") for name in unknown
    )


def _folder_of(name: str) -> str:
    return name.partition("/")[0] + "/"


async def _apply(connection: asyncpg.Connection[asyncpg.Record], file: _File, applied: Mapping[str, bytes]) -> bool:
    """Apply one migration and remember it; return False when an older one, which it replaces, did its work already."""
    done_before = file.replaces in applied
    for tries in range(_TRIES, 0, -1):
        try:
            await _run(connection, file, done_before=done_before)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            _log.warning("migration waits for a lock", migration=file.name, tries_left=tries - 1)
        else:
            return not done_before
    raise TablesLocked(f"{file.name} found its table locked for a minute; end what holds it, and run it again")


async def _validate(connection: asyncpg.Connection[asyncpg.Record], files: Iterable[_File]) -> list[str]:
    """Validate what the files added NOT VALID, each by itself; return what rows break.

    It reads every row, and holds up nobody who reads or writes. It comes last, since a file may first put rows right that
    are of before. Tables of another role are that one's.
    """
    added = [name for file in files for name in ADDED_CONSTRAINT.findall(without_comments(file.sql))]
    waiting = await connection.fetch(
        """SELECT conname AS name, conrelid::regclass::text AS on_table,
                  format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conrelid::regclass, conname) AS statement,
                  pg_relation_size(conrelid) > 0 AS filled
             FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
            WHERE NOT convalidated AND conname = ANY($1) AND pg_has_role(relowner, 'USAGE')
            ORDER BY pg_constraint.oid""",
        added,
    )
    broken = []
    for name, table, statement, filled in waiting:
        try:
            await connection.execute(statement)
        except asyncpg.IntegrityConstraintViolationError:
            broken.append(f"{name} of {table}")
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            # An autovacuum is sent away within a second; what stays, such as one against wraparound, stays for hours.
            _log.warning("constraint not validated, tried again next time: locked", constraint=name, table=table)
        else:
            if filled:
                _log.info("constraint validated", constraint=name, table=table)
    return broken


async def _run(connection: asyncpg.Connection[asyncpg.Record], file: _File, *, done_before: bool) -> None:
    if file.alone and not done_before:
        # A kill in the middle leaves what was done so far: each statement can be repeated (CONTRIBUTING.md).
        for statement in statements(file.sql):
            await connection.execute(statement)
    async with connection.transaction():
        if not (file.alone or done_before):
            await connection.execute(file.sql)
        await connection.execute(
            "INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)", file.name, file.checksum
        )
