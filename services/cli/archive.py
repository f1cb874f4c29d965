"""An archive of PostgreSQL's backups, as `make up` and compose keep it: `base/<UTC time>` and `wal`, and what is made of it.

Base backups and the log are PostgreSQL's own (`pg_basebackup`, `pg_receivewal`), so that its programs alone can restore them.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from services.cli.unfinished import clear, writing

MANIFEST: Final = "backup_manifest"
# A base is named by its beginning, as the backup service of compose names it.
_STAMP: Final = "%Y%m%dT%H%M%S.%fZ"
_SECONDS: Final = "%Y%m%dT%H%M%S"
_SECONDS_LENGTH: Final = len("20261126T130000")
# What an earlier restore wrote, and a base backup carries on: its target would end the next recovery too soon.
_RECOVERY: Final = ("hot_standby", "restore_command", "recovery_target")
# deploy/compose/backup.sh has the same one.
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d(:\d\d)?|Z)")

_SEGMENT: Final = re.compile(r"[0-9A-F]{24}(\.partial)?")
_BEGINNING: Final = re.compile(r"^START WAL LOCATION: .*\(file ([0-9A-F]{24})\)", re.MULTILINE)
# How long a receiver that was started just before may take to begin.
_LOG_SECONDS: Final = 60


class ProgramFailed(Exception):
    """One of PostgreSQL's programs ended badly; says its last words."""


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's programs, and who runs them: the caller, or an account (uid, gid), since the server refuses root."""

    directory: Path
    account: tuple[int, int] | None = None

    def run(self, name: str, *arguments: str, password: str = "", holding: int | None = None) -> None:
        """Run one to its end. The password goes past the list of processes. Raises ProgramFailed.

        It holds the descriptor `holding`, too: what is locked by that stays so while the program runs, whoever of us is killed.
        """
        done = subprocess.run(  # noqa: S603
            [str(self.directory / name), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**os.environ, "PGPASSWORD": password},
            pass_fds=() if holding is None else (holding,),
            **self.identity(),
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no output"])[-1]
            raise ProgramFailed(f"{name} failed: {last}")

    def identity(self) -> dict[str, Any]:
        """Return as whom a process of theirs is started, for `subprocess`."""
        if self.account is None:
            return {}
        return {"user": self.account[0], "group": self.account[1], "extra_groups": []}

    def own(self, directory: Path) -> None:
        """Give a directory with all that is in it to whoever runs them."""
        if self.account:
            for path in (directory, *directory.rglob("*")):
                # The receiver gives its segments their names meanwhile.
                with suppress(FileNotFoundError):
                    os.chown(path, *self.account, follow_symlinks=False)


@dataclass(frozen=True, slots=True)
class Base:
    """A base backup. It holds all that is needed to begin with the log of `begun_at`, and is whole from `whole_at` on."""

    path: Path
    begun_at: datetime
    whole_at: datetime

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return sum(each["Size"] for each in self.files())

    def files(self) -> list[dict[str, Any]]:
        """Return the files as its manifest has them: Path, Size, Checksum-Algorithm, Checksum."""
        found: list[dict[str, Any]] = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))["Files"]
        return found


def bases(place: Path) -> list[Base]:
    """Return the whole base backups in an archive, oldest first. One is whole once its manifest is written."""
    found = []
    for manifest in place.glob(f"base/*Z/{MANIFEST}"):
        base = manifest.parent
        begun_at = datetime.strptime(base.name[:_SECONDS_LENGTH], _SECONDS).replace(tzinfo=UTC)
        found.append(Base(base, begun_at, datetime.fromtimestamp(manifest.stat().st_mtime, UTC)))
    return sorted(found, key=lambda base: (base.begun_at, base.path.name))


def fitting(place: Path, until: datetime | None) -> Base | None:
    """Return the newest base backup from which `until` can be reached: it was whole by then."""
    found = [base for base in bases(place) if until is None or base.whole_at <= until]
    return found[-1] if found else None


def take(programs: Programs, place: Path, address: str, password: str) -> Path:
    """Take a base backup of a running server and check it byte by byte; return where it stands. Raises ProgramFailed.

    `address` is a DSN without its password. The log that makes it whole is the receiver's, who is waited for. What fails leaves nothing; what an
    earlier one left that was killed is removed.
    """
    target = place / "base" / datetime.now(UTC).strftime(_STAMP)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    programs.own(target.parent)
    clear(place, programs.account)
    _wait_for_log(place / "wal")
    with writing(target, programs.account) as (unchecked, lock):
        programs.run(
            "pg_basebackup",
            f"--dbname={address}",
            f"--pgdata={unchecked}",
            "--wal-method=none",
            "--checkpoint=fast",
            "--manifest-checksums=SHA256",
            password=password,
            holding=lock,
        )
        programs.run("pg_verifybackup", "--no-parse-wal", str(unchecked), holding=lock)
        _check_beginning(unchecked, place / "wal")
        unchecked.rename(target)
    _write_through(target.parent)
    return target


def _wait_for_log(log: Path) -> None:
    """Wait until somebody receives the log. A base that begins before is never whole: what it begins with is in no archive."""
    until = time.monotonic() + _LOG_SECONDS
    while not any(_SEGMENT.fullmatch(each.name) for each in log.glob("*")):
        if time.monotonic() > until:
            raise ProgramFailed(f"nobody receives the log into {log}")
        time.sleep(0.1)


def _check_beginning(base: Path, log: Path) -> None:
    """Raise ProgramFailed where the log with which a base begins is not in the archive; pg_verifybackup does not look there."""
    found = _BEGINNING.search((base / "backup_label").read_text(encoding="utf-8"))
    if found is None or not any((log / f"{found[1]}{end}").exists() for end in ("", ".partial")):
        raise ProgramFailed(f"the log with which the base begins is not in {log}")


def instant(said: str, now: datetime) -> datetime:
    """Return the instant that was said: one that has been, with its offset, which is the city's or UTC to whom you ask.

    Raises ValueError, in words for a person.
    """
    try:
        moment = datetime.fromisoformat(said) if _INSTANT.fullmatch(said) else None
    except ValueError:
        moment = None
    if moment is None:
        message = f"时刻的写法是 2026-11-26 08:00:00+08（须写时区），现为 {said}"
        raise ValueError(message)
    if moment > now:
        message = f"{said} 还没有到"
        raise ValueError(message)
    return moment


def fetching(wal: Path) -> str:
    """Return the shell's words by which a recovering server fetches a segment (`%f`) of the log in `wal` to `%p`.

    They end with 1 only where the log ends. What is there and can't be copied ends with 126: above 125 PostgreSQL stops, below
    it would take the log for ended, and go on without commits that were acknowledged.
    """
    place = shlex.quote(str(wal).replace("%", "%%"))
    # The segment that was being written at the end is taken for a whole one: its valid records count. Where the archive is
    # still written to, a segment may get its name between the first look and the second: hence the third.
    names = " ".join(f"{place}/{name}" for name in ("%f", "%f.partial", "%f"))
    copied = '[ ! -e "$f" ] || { cp "$f" %p && exit 0; [ ! -e "$f" ] || exit 126; }'
    return f"[ -d {place} ] && [ -x {place} ] || exit 126; for f in {names}; do {copied}; done; exit 1"


def lay_out(programs: Programs, base: Base, wal: Path, data: Path, until: datetime | None = None) -> None:
    """Make a data directory from a base backup; a server on it takes up the log in `wal` to its end, or to `until`.

    `data` must not be there yet. The archive is only read. At the end the server goes on, on a timeline of its own.
    """
    shutil.copytree(base.path, data, symlinks=True)
    data.chmod(0o700)
    # Nobody is let in before the log is taken up: who reads would read what was true when the base backup was taken.
    lines = [
        "hot_standby = off",
        f"restore_command = '{fetching(wal).replace(chr(39), chr(39) * 2)}'",
        "recovery_target_action = 'promote'",
    ]
    if until:
        lines.append(f"recovery_target_time = '{until.isoformat()}'")
    settings = data / "postgresql.auto.conf"
    kept = [line for line in settings.read_text(encoding="utf-8").splitlines() if not line.startswith(_RECOVERY)]
    settings.write_text("".join(f"{line}\n" for line in (*kept, *lines)), encoding="utf-8")
    (data / "recovery.signal").touch()
    programs.own(data)


def _write_through(directory: Path) -> None:
    """Have the names in it on the disk, too."""
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
