"""A Kafka whose clock is moved while it runs: Debian's libfaketime under its Java, its offset in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.local import java
from deploy.local.trouble import Trouble
from deploy.prometheus import tools

_PACKAGE: Final = "libfaketime"
_OFFSET: Final = "clock"
# The monotonic clock is left alone: it is the calendar that an operator sets wrong. Without the last setting the library of Debian 12
# (0.9.10) takes every wait with an end for one of the calendar's, so that it ends at once: 70 threads of Kafka's took both cores.
# The file is looked at each second.
_JAVA: Final = """#!/bin/sh
export LD_PRELOAD={library} FAKETIME_TIMESTAMP_FILE={offset} FAKETIME_CACHE_DURATION=1
export FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_FORCE_MONOTONIC_FIX=0
exec {java} "$@"
"""


@contextmanager
def java_with_a_clock(home: Path, cache: Path) -> Iterator[None]:
    """Let what is started in the block find a Java whose clock `move` sets. Raises `Trouble` where there is no such library."""
    unpacked = cache / "tools" / _PACKAGE
    if not list(unpacked.rglob("libfaketime.so.1")):
        tools.unpack(_PACKAGE, unpacked, cache / "tools" / "apt")
    library = next(unpacked.rglob("libfaketime.so.1"), None)
    if library is None:
        raise Trouble(f"Debian's {_PACKAGE} holds no library.", "Leave out the row clocks-apart.")
    script = home / "java" / "bin" / "java"
    script.parent.mkdir(parents=True, exist_ok=True)
    move(home, 0)
    script.write_text(_JAVA.format(library=library, offset=home / _OFFSET, java=java.find().binary), encoding="utf-8")
    script.chmod(0o755)
    before = os.environ.get("JAVA_HOME")
    os.environ["JAVA_HOME"] = str(home / "java")
    try:
        yield
    finally:
        os.environ.pop("JAVA_HOME")
        if before is not None:
            os.environ["JAVA_HOME"] = before


def move(home: Path, seconds: int) -> None:
    """Set Kafka's clock ahead of the machine's."""
    (home / _OFFSET).write_text(f"{seconds:+d}s\n", encoding="ascii")
