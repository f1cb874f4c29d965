"""Notifications as a process: `python -m services.notifications [--roles …]`."""

from __future__ import annotations

from services.chassis.process import lean  # noqa: F401 - before whatever logs
from services.chassis.process.service import run
from services.notifications.bootstrap import NAME, build
from services.notifications.settings import Settings

if __name__ == "__main__":
    run(NAME, Settings, build)
