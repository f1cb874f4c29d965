"""A process that has begun to end is gone some seconds later, whatever holds it: asked to stop, or by itself."""

from __future__ import annotations

import os
import sys
import threading
from typing import Final

import structlog

_log = structlog.get_logger(__name__)

EXIT_ROLE_DIED: Final = 70
# For what is let go of after the roles: the database's connections, the loop.
_LEAVING_SECONDS: Final = 5


class Ending:
    """The end of this process, some seconds after the roles' `grace` (wall seconds), counted from whatever began it first.

    Nothing needs to be cleaned up. A library may swallow every cancellation: Faust does while it stops, and with a PostgreSQL that
    answers nothing statistics stood for as long as that did, since the loop's own end waits for the same tasks.
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._has_begun = False

    def begins(self) -> None:
        """Let the time run, from the first call on; one that ends before, ends as it would."""
        if self._has_begun:
            return
        self._has_begun = True
        timer = threading.Timer(self._grace + _LEAVING_SECONDS, _end)
        timer.daemon = True
        timer.start()


def _end() -> None:
    _log.critical("process ends", reason="something does not let go of it")
    sys.stdout.flush()
    os._exit(EXIT_ROLE_DIED)
