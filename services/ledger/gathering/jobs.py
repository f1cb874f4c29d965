"""Comparing what was reported, a moment later."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from services.chassis.assembly import Job, Platform
from services.ledger.gathering.handlers.compare import Deps, compare_new

COMPARE_SECONDS: Final = 2.0


def comparing(platform: Platform[Any]) -> Job:
    """Return the job that compares what is new every two seconds."""
    deps = Deps(platform.database, platform.clock)
    return platform.every(COMPARE_SECONDS, partial(compare_new, deps=deps), name="look-alikes")
