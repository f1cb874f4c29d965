"""Servers that the processes of one test run share: started when the first of them asks, ended when the run ends.

The lender is the process that outlives the others; a borrower finds it by a directory. One Kafka and one PostgreSQL serve
a run better than one of each for every worker: a start costs seconds of processor time, and a broker that has run for a
minute is quicker than one that has just begun.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

_LOOK_EVERY_SECONDS = 0.05
_START_SECONDS = 150.0


@contextlib.contextmanager
def lending(servers: Mapping[str, Callable[[], AbstractContextManager[str]]]) -> Iterator[Path]:
    """Lend each of `servers`, a way to start it which gives its address, while the block runs; yields the directory."""
    stopping = threading.Event()
    with tempfile.TemporaryDirectory(prefix="duban-lent-") as name:
        directory = Path(name)
        lenders = [
            threading.Thread(target=_lend, args=(directory / server, start, stopping), daemon=True)
            for server, start in servers.items()
        ]
        for lender in lenders:
            lender.start()
        try:
            yield directory
        finally:
            stopping.set()
            for lender in lenders:
                lender.join()


def borrow(directory: Path, server: str, seconds: float = _START_SECONDS) -> str:
    """Return the address of a lent server, once it is ready. Raises `Trouble` where it can't be started in time."""
    file = directory / server
    _asked(file).touch()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if file.exists():
            return file.read_text(encoding="utf-8")
        if _failed(file).exists():
            raise Trouble(f"{server} did not start: {_failed(file).read_text(encoding='utf-8')}", "See its log.")
        time.sleep(_LOOK_EVERY_SECONDS)
    raise Trouble(f"{server} was not there after {seconds:.0f} s.", "Is the machine very busy?")


def _lend(file: Path, start: Callable[[], AbstractContextManager[str]], stopping: threading.Event) -> None:
    while not _asked(file).exists():
        if stopping.wait(_LOOK_EVERY_SECONDS):
            return
    with contextlib.ExitStack() as stack:
        try:
            _write(file, stack.enter_context(start()))
        except Exception as problem:  # noqa: BLE001 - whatever it is, those who wait shall read it
            _write(_failed(file), str(problem))
        stopping.wait()


def _asked(file: Path) -> Path:
    return file.with_suffix(".asked")


def _failed(file: Path) -> Path:
    return file.with_suffix(".failed")


def _write(file: Path, text: str) -> None:
    """Make the file appear whole: others look for it all the time."""
    new = file.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)
