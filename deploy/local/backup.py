"""Backups of this platform's PostgreSQL, by PostgreSQL's own means: base backups, and its log as it is written.

`pg_receivewal` is a synchronous standby: a transaction is committed, and so an event is acknowledged or an offset moved on,
only once its log stands in the archive, too. So a lost data directory loses nothing that anybody was told, and Kafka is
never ahead of what is restored. Where the archive stands on the same disk, as it does unless DUBAN_BACKUPS names another
place, this is a rehearsal and no safety.
"""

from __future__ import annotations

import os
import shlex
import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import asyncpg

from deploy.local.postgres import SUPERUSER
from deploy.local.program import Program
from deploy.local.settings import LOOPBACK
from deploy.local.trouble import Trouble
from services.cli import archive as archives
from services.cli.archive import Programs

if TYPE_CHECKING:
    from deploy.local.postgres import Server

RECEIVER: Final = "backup"
# The name under which the receiver is a synchronous standby, and its replication slot.
_STANDBY: Final = "duban_backup"
_PRIORITY: Final = 12

OPTIONS: Final = {"synchronous_standby_names": _STANDBY}
"""What the server is told when its log is archived."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Where one server's backups stand: `base/<UTC time>` and `wal`. They belong to the account that runs the server."""

    directory: Path
    server: Server

    @property
    def wal(self) -> Path:
        """The archived log, segment by segment; the one that is being written ends with `.partial`."""
        return self.directory / "wal"

    @property
    def programs(self) -> Programs:
        """PostgreSQL's programs, run by the account that runs the server."""
        account = self.server.account
        return Programs(self.server.binaries, (account.uid, account.gid) if account else None)

    @property
    def address(self) -> str:
        """The superuser's DSN without its password."""
        return self._address("base_backup")

    @property
    def bases(self) -> list[Path]:
        """The whole base backups, oldest first."""
        return [base.path for base in archives.bases(self.directory)]

    def receiver(self) -> Program:
        """Return the process that archives the log; the supervisor starts it again when the server was away."""
        self._own(self.wal)
        command = [
            str(self.server.binaries / "pg_receivewal"),
            f"--dbname={self._address(_STANDBY)}",
            f"--directory={self.wal}",
            f"--slot={_STANDBY}",
            "--synchronous",
        ]
        create = [*command[:2], f"--slot={_STANDBY}", "--create-slot", "--if-not-exists"]
        user = self.server.account.name if self.server.account else None
        line = f"{shlex.join(create)} && exec {shlex.join(command)}"
        return Program(
            RECEIVER,
            ["/bin/sh", "-c", line],
            _PRIORITY,
            {"PGPASSWORD": self.server.password},
            stop_signal="INT",
            start_seconds=1,
            user=user,
        )

    def take(self) -> Path:
        """Take a base backup of the running server and verify it; return where it stands. Raises `Trouble`."""
        self._own(self.directory)
        try:
            return archives.take(self.programs, self.directory, self.address, self.server.password)
        except archives.ProgramFailed as failed:
            raise Trouble(f"{failed}.", f"See {self.directory}.") from failed

    def restore(self, until: datetime | None = None) -> Path:
        """Put the newest base backup before `until` in the data directory's place; return where that was put aside.

        The server has to be stopped. Raises `Trouble` without a fitting backup.
        """
        return self.put_in_place(self.lay_out(until))

    def lay_out(self, until: datetime | None = None) -> Path:
        """Lay the newest base backup before `until` out beside the data, and return where; the server may go on meanwhile.

        Raises `Trouble` without a fitting backup, and whatever a full disk raises.
        """
        base = archives.fitting(self.directory, until)
        if base is None:
            raise Trouble(f"There is no base backup before {until} in {self.directory}.", "`make backup` takes one.")
        new = self.server.data.with_name(f"{self.server.data.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        archives.lay_out(self.programs, base, self.wal, new, until)
        return new

    def put_in_place(self, new: Path) -> Path:
        """Give what was laid out the place of the data, which are put aside; return where. The server has to be stopped.

        At its next start it takes up the archived log to its end, or to the instant it was laid out for, and goes on from there
        on a timeline of its own; a new base backup is due then.
        """
        data, aside = self.server.data, self.server.base / f"data-before-{int(time.time())}"
        if data.exists():
            data.rename(aside)
        try:
            new.rename(data)
        except OSError:
            if aside.exists():
                aside.rename(data)
            raise
        return aside

    async def give_up(self) -> None:
        """Drop the receiver's slot, for which the server would keep its log for ever."""
        connection = await asyncpg.connect(self.server.dsn(), timeout=10)
        try:
            await connection.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1", _STANDBY
            )
        finally:
            await connection.close()

    def begin_anew(self) -> None:
        """Put the archive of the timeline that ended aside; its log can't be told from the new one's by who looks later."""
        if self.directory.exists():
            self.directory.rename(self.directory.with_name(f"{self.directory.name}-before-{int(time.time())}"))

    def _address(self, name: str) -> str:
        return (
            f"postgresql://{SUPERUSER}@{LOOPBACK}:{self.server.port}/postgres"
            f"?application_name={quote(name)}&connect_timeout=10"
        )

    def _own(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.programs.own(self.directory)


def archive(server: Server) -> Archive:
    """Return the archive of this server's backups: DUBAN_BACKUPS, else beside its data."""
    named = os.environ.get("DUBAN_BACKUPS")
    # Below what is named, which may be a mount: an archive that has ended is renamed.
    return Archive((Path(named).absolute() if named else server.base) / "backups", server)
