"""Directories for the length of a run; what a run that was killed left behind, the next one ends and removes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from deploy.local import leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWNER: Final = "owner"


@contextlib.contextmanager
def scratch(kind: str, within: Path | None = None) -> Iterator[Path]:
    """Make a directory `within` another for the length of the `with` block, and remove those of this kind whose runs are gone.

    A run that is killed leaves its PostgreSQL with 55 MB, in memory where tests keep their files, and its Kafka, and both
    go on: they are ended first.
    """
    place = within or Path(tempfile.gettempdir())
    _clear(kind, place)
    directory = Path(tempfile.mkdtemp(prefix=f"duban-{kind}-", dir=place))
    if os.geteuid() == 0:
        # PostgreSQL then runs as another account, which must get through; what is secret inside is 0600.
        directory.chmod(0o755)
    try:
        with _held(directory):
            yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def _held(directory: Path) -> Iterator[None]:
    """Say that somebody uses the directory. The kernel takes that back when the process ends, however it ends."""
    coming = directory / f"{_OWNER}.new"
    with coming.open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        # By its name it is found, and found locked.
        coming.rename(directory / _OWNER)
        yield


def _clear(kind: str, place: Path) -> None:
    for path in place.glob(f"duban-{kind}-*/{_OWNER}"):
        # Another account's, one that is used, or one that somebody else removes now.
        with contextlib.suppress(OSError), path.open() as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # With their directory the servers that were started on it.
            leftovers.end_processes(each for each in psutil.process_iter() if _is_on(each, path.parent))
            shutil.rmtree(path.parent, ignore_errors=True)


def _is_on(process: psutil.Process, directory: Path) -> bool:
    with contextlib.suppress(psutil.Error):
        return any(f"{directory}/" in word for word in process.cmdline())
    return False
