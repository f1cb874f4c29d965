"""Backing up and restoring the platform's PostgreSQL beside its supervisor: what is stopped, and in which order it returns."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import asyncpg

from deploy.local import backup, parts, postgres, readiness
from deploy.local.settings import archives
from deploy.local.supervisord import Supervisor
from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from deploy.local.parts import Parts
    from deploy.local.settings import Settings
    from deploy.local.supervisord import ProcessState

    Say = Callable[[str], None]

_POSTGRES = "postgres"


def keep(settings: Settings, prepared: Parts, say: Say) -> None:
    """Note for later starts that this platform's log is archived, and see that there is a base backup to begin with."""
    mark = archives(settings.home)
    if prepared.postgres is None or not settings.backup:
        if prepared.postgres is not None and mark.exists():
            asyncio.run(backup.archive(prepared.postgres).give_up())
        mark.unlink(missing_ok=True)
        return
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    archive = backup.archive(prepared.postgres)
    if not archive.bases:
        say(f"base backup: {archive.take()}")


def environment(settings: Settings) -> dict[str, str]:
    """Return what the `duban` command has to know for taking backups and for restoring them beside; nothing without an archive."""
    if not settings.backup:
        return {}
    ours = postgres.server(settings.home, settings.port("postgres"), settings.credentials / "postgres")
    return {
        "DUBAN_BACKUPS": str(backup.archive(ours).directory),
        "DUBAN_BACKUP_DSN": ours.dsn(),
        "DUBAN_POSTGRES_PROGRAMS": str(ours.binaries),
        **({"DUBAN_POSTGRES_ACCOUNT": ours.account.name} if ours.account else {}),
    }


def back_up(settings: Settings, say: Say) -> None:
    """Take a base backup of the running platform. Raises `Trouble`."""
    say(f"base backup, verified: {_archive(settings).take()}")


def restore(settings: Settings, until: datetime | None, say: Say) -> None:
    """Replace PostgreSQL's data by what the backups hold, to the end of the archived log or to `until`; raises `Trouble`.

    What lay in the data directory is put aside, as is the archive it came from. To the end of the log nothing is lost that
    anybody was told, so the services only wait. An earlier instant is before what they know, and they are started again.
    What takes time and room, and may fail, is done before anything stops; what was stopped is started again, however it ends.
    """
    archive, supervisor = _archive(settings), Supervisor(settings)
    running = {row.name: row for row in supervisor.states()}
    if not running:
        raise Trouble("The platform is not running.", "`make up`, then restore: Kafka has to be there.")
    services = {instance.name for instance in settings.processes}
    stopped = [row for name, row in running.items() if until and name in services]
    new, began = archive.lay_out(until), time.monotonic()
    with _stopped(supervisor, stopped):
        with _unless_replaced(supervisor, [running[backup.RECEIVER], running[_POSTGRES]]):
            say(f"what lay there is put aside: {archive.put_in_place(new)}")
        supervisor.start(running[_POSTGRES])
        asyncio.run(
            readiness.wait_for(
                "PostgreSQL", lambda: _recovered(archive.server.dsn()), 3600, f"See `make logs S={_POSTGRES}`."
            )
        )
        say(f"restored after {time.monotonic() - began:.1f} s")
        archive.begin_anew()
        archive.receiver()
        supervisor.start(running[backup.RECEIVER])
        say(f"base backup of the new timeline: {archive.take()}")


@contextmanager
def _stopped(supervisor: Supervisor, rows: Sequence[ProcessState]) -> Iterator[None]:
    """Have these stopped for as long as the block takes, whether it fails or not."""
    try:
        for row in rows:
            supervisor.stop(row)
        yield
    finally:
        for row in rows:
            supervisor.start(row)


@contextmanager
def _unless_replaced(supervisor: Supervisor, rows: Sequence[ProcessState]) -> Iterator[None]:
    """Stop these in their order; where the block fails nothing was replaced, and they go on as before, the last one first."""
    try:
        for row in rows:
            supervisor.stop(row)
        yield
    except BaseException:
        for row in reversed(rows):
            supervisor.start(row)
        raise


def _archive(settings: Settings) -> backup.Archive:
    ours = parts.prepare(settings).postgres
    if ours is None or not settings.backup:
        raise Trouble("This platform's PostgreSQL is not archived.", "`BACKUP=1 make up` begins that.")
    return backup.archive(ours)


async def _recovered(dsn: str) -> str | None:
    """Return what is still to be waited for, None when the server takes writes again."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return f"{type(error).__name__}: {error}"
    try:
        return "it is still recovering" if await connection.fetchval("SELECT pg_is_in_recovery()") else None
    finally:
        await connection.close()
