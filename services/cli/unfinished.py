"""Base backups that are not whole: who writes one holds a lock, so that what a killed one left is told from what goes on.

The lock is on the file `base/<UTC time>.writing` beside `base/<UTC time>.new`, and is inherited by PostgreSQL's program that
writes: that one goes on where only its caller was killed. deploy/compose/backup.sh does the same.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NEW: Final = ".new"
_WRITING: Final = ".writing"
_BEGINNING: Final = "beginning.lock"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A base backup that is not whole. `goes_on` says whether somebody writes it; None where that can't be told."""

    path: Path
    goes_on: bool | None


def unfinished(place: Path) -> list[Unfinished]:
    """Return what is not whole in an archive, oldest first; nothing is changed, and the archive may be read-only."""
    return [Unfinished(new, _is_held(_lock_of(new))) for new in sorted(place.glob(f"base/*{_NEW}"))]


def clear(place: Path, owner: tuple[int, int] | None) -> None:
    """Remove what nobody writes any more. What can't be told or removed stays, and is told again.

    None is begun meanwhile by backup.sh, which waits for the file `beginning.lock`: it makes the mark before it holds it. A file that
    is made for that belongs to `owner`, else the caller.
    """
    with suppress(OSError), _none_begins(place, owner):
        for lock in place.glob(f"base/*{_WRITING}"):
            with suppress(OSError), lock.open("r+b") as opened:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                new = lock.with_suffix(_NEW)
                shutil.rmtree(new, ignore_errors=True)
                if not new.exists():
                    lock.unlink()


@contextmanager
def writing(target: Path, owner: tuple[int, int] | None) -> Iterator[tuple[Path, int]]:
    """Give the directory under which the base `target` is written, and the lock's descriptor, for programs to inherit.

    What raises leaves nothing; `owner` (uid, gid) is whose files they are, else the caller's. Whoever comes here alone renames the
    directory: under its own name it is no base, and nobody restores what was not checked.
    """
    new = target.with_name(f"{target.name}{_NEW}")
    held = _held(_lock_of(new), owner)
    try:
        yield new, held
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    finally:
        # As long as somebody holds it, nobody else removes what it stands for.
        _lock_of(new).unlink(missing_ok=True)
        os.close(held)


@contextmanager
def _none_begins(place: Path, owner: tuple[int, int] | None) -> Iterator[None]:
    descriptor = os.open(place / _BEGINNING, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if owner is not None:
            os.fchown(descriptor, *owner)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _lock_of(new: Path) -> Path:
    return new.with_suffix(_WRITING)


def _held(lock: Path, owner: tuple[int, int] | None) -> int:
    """Return the descriptor of a lock that is held, and that others find under its name."""
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            # Who clears may have taken it for one that was left, between its making and its holding.
            if os.path.samestat(os.fstat(descriptor), lock.stat()):
                if owner is not None:
                    os.fchown(descriptor, *owner)
                return descriptor
        os.close(descriptor)


def _is_held(lock: Path) -> bool | None:
    try:
        with lock.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        # None of an earlier release's, or another account's.
        return None
    return False
