"""Named places where a test can kill the process, to prove that no step loses or doubles an event.

Set `DUBAN_FAILPOINT=<name>` (optionally `<name>#<n>` for the n-th time it is reached) and the process ends there by
SIGKILL. Unset, a failpoint costs one comparison.
"""

from __future__ import annotations

import os
import signal
from typing import Final

_ARMED, _, _COUNT = os.environ.get("DUBAN_FAILPOINT", "").partition("#")
_NAME: Final = _ARMED or None
_remaining = int(_COUNT or 1)


def reach(name: str) -> None:
    """Die by SIGKILL if `name` is armed and reached for the chosen time."""
    global _remaining  # noqa: PLW0603 - the count is the process's own
    if _NAME is None or name != _NAME:
        return
    _remaining -= 1
    if _remaining == 0:
        os.kill(os.getpid(), signal.SIGKILL)
