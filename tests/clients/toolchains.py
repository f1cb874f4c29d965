"""Compilers and packages of other languages: kept under .duban/cache, skipped where they are missing, never in CI."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from deploy.local.settings import ROOT
from tests.clients.county import run

HERE: Final = Path(__file__).parent
CACHE: Final = ROOT / ".duban" / "cache" / "clients"
GO: Final = {
    "GOCACHE": str(CACHE / "go-build"),
    "GOMODCACHE": str(CACHE / "go-mod"),
    "GOFLAGS": "-modcacherw",
    "GOTOOLCHAIN": "local",
    "CGO_ENABLED": "0",
}
# A program that runs for a second isn't worth optimising: a quarter of the processor that the libraries take to compile.
UNOPTIMISED: Final = ("-gcflags=all=-N -l",)


def needed(*programs: str) -> None:
    """Skip the test where a program is missing; fail where that is CI."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"CI needs {', '.join(missing)} to run the pages of docs/clients")
    if missing:
        pytest.skip(f"no {', '.join(missing)} on this machine: the blocks of this language are not run here")


@dataclass(frozen=True)
class Program:
    """A block of a page: the file that it is printed as, and its text."""

    language: str
    name: str
    text: str

    def put(self, where: Path) -> Path:
        """Write the program to a directory as the page names it."""
        file = where / self.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.text, encoding="utf-8")
        return file


async def java(program: Program, where: Path, environment: dict[str, str]) -> str:
    """Run a one-file program by the JDK's launcher, with the client that Kafka itself brought along."""
    needed("java", "javac")
    jars = ":".join(map(str, sorted((ROOT / ".duban" / "cache").glob("kafka-*/*.jar"))))
    return await run(["java", "-cp", jars, str(program.put(where))], where, environment)


async def go(program: Program, where: Path, environment: dict[str, str]) -> str:
    """Build and run a program in the module whose versions are pinned beside this file."""
    needed("go")
    for name in ("go.mod", "go.sum"):
        shutil.copy(HERE / "go" / name, where / name)
    program.put(where)
    built = where / "program"
    async with alone("go"):
        await run(
            ["go", "build", *UNOPTIMISED, "-o", str(built), f"./{Path(program.name).parent}"], where, environment | GO
        )
    return await run([str(built)], where, environment)


async def node(program: Program, where: Path, environment: dict[str, str]) -> str:
    """Run a module beside the packages that are pinned beside this file."""
    needed("node", "npm")
    (where / "node_modules").symlink_to(await packages(HERE / "node", "node", environment))
    return await run(["node", str(program.put(where))], where, environment)


async def packages(pinned: Path, name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return `node_modules` with what the lock file in `pinned` names, from the cache once it stands there."""
    here = CACHE / name
    lock, installed = pinned / "package-lock.json", here / "node_modules" / ".package-lock.json"
    async with alone(name):
        if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
            here.mkdir(parents=True, exist_ok=True)
            for file in ("package.json", "package-lock.json"):
                shutil.copy(pinned / file, here / file)
            await run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], here, environment)
    return here / "node_modules"


@asynccontextmanager
async def alone(name: str) -> AsyncIterator[None]:
    """Fill a cache while no other worker does: whoever comes second finds there what the first compiled or fetched."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield


async def python(program: Program, where: Path, environment: dict[str, str]) -> str:
    """Run a script with the interpreter of these tests."""
    return await run([sys.executable, str(program.put(where))], where, environment)


RUNNERS: Final[dict[str, Callable[..., object]]] = {"java": java, "go": go, "js": node, "python": python}
