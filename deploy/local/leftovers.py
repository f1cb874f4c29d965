"""What an earlier run left behind when its supervisor was killed: processes without one, stale lock files."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from deploy.local import placement
from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deploy.local.settings import Settings

MARK = "DUBAN_SUPERVISED_IN"
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Orphan:
    """A process of this platform that nobody supervises."""

    pid: int
    name: str


def find(settings: Settings) -> list[Orphan]:
    """Find processes that carry this platform's mark, and a PostgreSQL that holds its data directory."""
    found: dict[int, Orphan] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(settings.home) and process.pid != psutil.Process().pid:
                found[process.pid] = Orphan(process.pid, _name(process))
    postmaster = _postmaster(settings)
    if postmaster:
        found[postmaster.pid] = postmaster
        for child in psutil.Process(postmaster.pid).children(recursive=True):
            found.pop(child.pid, None)
    return sorted(found.values(), key=lambda orphan: orphan.pid)


def end(settings: Settings) -> list[Orphan]:
    """Stop them, politely first. PostgreSQL goes last. Returns what was ended."""
    orphans = find(settings)
    processes = []
    for orphan in sorted(orphans, key=lambda orphan: orphan.name == "postgres"):
        with contextlib.suppress(psutil.Error):
            processes.append(psutil.Process(orphan.pid))
    end_processes(processes)
    return orphans


def end_processes(processes: Iterable[psutil.Process]) -> None:
    """Ask processes to end, in their order, and kill those that have not ended after half a minute.

    PostgreSQL is asked for its fast shutdown, in which it gives back its shared memory, too.
    """
    asked = []
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGINT if _is_postgres(process.pid) else signal.SIGTERM)
            asked.append(process)
    _, stubborn = psutil.wait_procs(asked, timeout=_PATIENCE)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()


def clear_stale_lock(data: Path) -> None:
    """Remove a `postmaster.pid` whose process is gone or is not PostgreSQL (its number was given out again)."""
    lock = data / "postmaster.pid"
    pid = _locked_by(lock)
    if pid is None or _is_postgres(pid):
        return
    try:
        lock.unlink()
    except OSError as error:
        raise Trouble(
            f"{lock} is stale (process {pid} is not PostgreSQL) and cannot be removed: {error.strerror}.",
            "Remove it by hand.",
        ) from error


def _postmaster(settings: Settings) -> Orphan | None:
    with contextlib.suppress(Trouble):
        base = placement.data_base(settings.home, placement.account_for(settings.home / "postgres" / "data"))
        pid = _locked_by(base / "data" / "postmaster.pid")
        if pid and _is_postgres(pid):
            return Orphan(pid, "postgres")
    return None


def _locked_by(lock: Path) -> int | None:
    try:
        return int(lock.read_text(encoding="ascii").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _is_postgres(pid: int) -> bool:
    try:
        return psutil.Process(pid).name().startswith("postgres")
    except psutil.Error:
        return False


def _name(process: psutil.Process) -> str:
    arguments = process.cmdline()
    if "kafka.Kafka" in arguments:
        return "kafka"
    return arguments[arguments.index("-m") + 1] if "-m" in arguments[:-1] else process.name()
