"""What a result must say about where it was measured."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from deploy.local import interpreter, jars, java, kafka
from deploy.local.settings import ROOT, load
from tests.load.rig import HEAP, Rig

_PACKAGES = ("aiokafka", "faust-streaming", "asyncpg", "fastapi", "uvicorn", "uvloop", "msgspec")


def describe() -> dict[str, Any]:
    """Return the machine and how busy it was before the bench began."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_average_before": [round(load, 2) for load in os.getloadavg()],
        "speed_loops_per_second": _speed(),
    }


def versions() -> dict[str, str]:
    """Return the versions that the figures depend on."""
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - whatever git is here
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    built = interpreter.of_this_process().value
    return {"duban": commit or "unknown", "python": f"{platform.python_version()} ({built})", **found}


async def servers(rig: Rig) -> dict[str, Any]:
    """Return the servers' versions and the settings that matter."""
    connection = await asyncpg.connect(rig.dsn)
    try:
        names = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "max_wal_size")
        settings = {name: await connection.fetchval(f"SHOW {name}") for name in names}
    finally:
        await connection.close()
    version = jars.ensure(load().cache).name.removeprefix("kafka-")
    return {
        "postgresql": settings,
        "kafka": {"version": version, "heap": HEAP, "options": list(kafka.QUICK), "java": java.find().major},
        "replication": 1,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _speed() -> int:
    """Return how often a fixed Python loop runs in a second: virtual machines drift, and this shows by how much."""
    began, turns = time.perf_counter(), 0
    while time.perf_counter() - began < 0.5:
        sum(range(1000))
        turns += 1
    return turns * 2
