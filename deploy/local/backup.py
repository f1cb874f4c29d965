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
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import asyncpg

from deploy.local.postgres import SUPERUSER
from deploy.local.program import Program
from deploy.local.settings import LOOPBACK
from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from deploy.local.postgres import Server

RECEIVER: Final = "backup"
# The name under which the receiver is a synchronous standby, and its replication slot.
_STANDBY: Final = "duban_backup"
_PRIORITY: Final = 12
_MANIFEST: Final = "backup_manifest"
# What an earlier restore wrote, and a base backup carries on: its target would end the next recovery too soon.
_RECOVERY: Final = ("hot_standby", "restore_command", "recovery_target")
_STAMP: Final = "%Y%m%dT%H%M%SZ"

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
    def bases(self) -> list[Path]:
        """The whole base backups, oldest first."""
        return sorted(path.parent for path in self.directory.glob(f"base/*/{_MANIFEST}"))

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
        line = f"{_quoted(create)} && exec {_quoted(command)}"
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
        target = self.directory / "base" / datetime.now(UTC).strftime(_STAMP)
        self._own(target.parent)
        self._run(
            "pg_basebackup",
            f"--dbname={self._address('base_backup')}",
            f"--pgdata={target}",
            "--wal-method=none",
            "--checkpoint=fast",
            "--manifest-checksums=SHA256",
        )
        # The log that makes it whole is the receiver's; what is in the backup itself is checked byte by byte.
        self._run("pg_verifybackup", "--no-parse-wal", str(target))
        return target

    def restore(self, until: datetime | None = None) -> Path:
        """Put the newest base backup before `until` in the data directory's place; return where that was put aside.

        The server has to be stopped. At its next start it takes up the archived log to its end, or to `until`, and goes on
        from there on a timeline of its own; a new base backup is due then. Raises `Trouble` without a fitting backup.
        """
        moment = (until or datetime.now(UTC)).timestamp()
        # A base is whole from its end on, which is when its manifest is written; its name is its beginning.
        if not (fitting := [base for base in self.bases if (base / _MANIFEST).stat().st_mtime <= moment]):
            raise Trouble(f"There is no base backup before {until} in {self.directory}.", "`make backup` takes one.")
        data, aside = self.server.data, self.server.base / f"data-before-{int(time.time())}"
        if data.exists():
            data.rename(aside)
        shutil.copytree(fitting[-1], data, symlinks=True)
        self._give(data)
        data.chmod(0o700)
        wal = _quoted([str(self.wal)])
        # The segment that was being written at the end is taken for a whole one: its valid records count.
        fetch = f"cp {wal}/%f %p 2>/dev/null || cp {wal}/%f.partial %p"
        # Nobody is let in before the log is taken up: services would read what was true when the base backup was taken.
        lines = [
            "hot_standby = off",
            f"restore_command = '{fetch.replace(chr(39), chr(39) * 2)}'",
            "recovery_target_action = 'promote'",
        ]
        if until:
            lines.append(f"recovery_target_time = '{until.isoformat()}'")
        settings = data / "postgresql.auto.conf"
        kept = [line for line in settings.read_text(encoding="utf-8").splitlines() if not line.startswith(_RECOVERY)]
        settings.write_text("".join(f"{line}\n" for line in (*kept, *lines)), encoding="utf-8")
        (data / "recovery.signal").touch()
        self._give(data)
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

    def _run(self, command: str, *arguments: str) -> None:
        account = self.server.account
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
        done = subprocess.run(  # noqa: S603
            [str(self.server.binaries / command), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**os.environ, "PGPASSWORD": self.server.password},
            **identity,  # type: ignore[call-overload]
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no output"])[-1]
            raise Trouble(f"{command} failed: {last}", f"See {self.directory}.")

    def _own(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._give(self.directory)

    def _give(self, directory: Path) -> None:
        if self.server.account:
            for path in (directory, *directory.rglob("*")):
                os.chown(path, self.server.account.uid, self.server.account.gid, follow_symlinks=False)


def archive(server: Server) -> Archive:
    """Return the archive of this server's backups: DUBAN_BACKUPS, else beside its data."""
    named = os.environ.get("DUBAN_BACKUPS")
    # Below what is named, which may be a mount: an archive that has ended is renamed.
    return Archive((Path(named).absolute() if named else server.base) / "backups", server)


def _quoted(words: list[str]) -> str:
    return shlex.join(words)
