"""The scheduler as a process: `python -m services.scheduler [--roles …]`."""

from __future__ import annotations

from services.chassis.process import lean  # noqa: F401 - before whatever logs
from services.chassis.process.service import run
from services.scheduler.bootstrap import NAME, build
from services.scheduler.settings import Settings

if __name__ == "__main__":
    run(NAME, Settings, build)
