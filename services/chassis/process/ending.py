"""A process that was asked to stop ends, whatever holds it."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from typing import Final

import structlog

_log = structlog.get_logger(__name__)

EXIT_ROLE_DIED: Final = 70
# For what is let go of after the roles: the database's connections, the loop.
_LEAVING_SECONDS: Final = 5


def asked(stopping: asyncio.Event, grace: float) -> None:
    """Ask the roles to end; a process that is still there some seconds after their `grace` (wall seconds) ends as it is.

    Nothing needs to be cleaned up. A library may swallow every cancellation: Faust does while it stops, and with a PostgreSQL that answers nothing statistics
    stood for as long as that did, since the loop's own end waits for the same tasks.
    """
    if stopping.is_set():
        return
    stopping.set()
    timer = threading.Timer(grace + _LEAVING_SECONDS, _end)
    timer.daemon = True
    timer.start()


def _end() -> None:
    _log.critical("process ends", reason="something does not let go of it")
    sys.stdout.flush()
    os._exit(EXIT_ROLE_DIED)
