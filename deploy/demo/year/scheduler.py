"""The scheduler as it is, on a clock that is moved in steps: `DUBAN_YEAR_STEPS=FILE python -m deploy.demo.year.scheduler`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NoReturn

from deploy.demo.year.clock import SteppedClock
from services.chassis.process.service import Service, run
from services.scheduler.bootstrap import NAME, build
from services.scheduler.settings import Settings

STEPS: Final = "DUBAN_YEAR_STEPS"


async def on_steps(settings: Settings) -> Service:
    """Return the service, wired as in production, but for its clock."""
    return await build(settings, SteppedClock(Path(os.environ[STEPS])))


def play() -> NoReturn:
    """Run the scheduler until SIGTERM."""
    run(NAME, Settings, on_steps)


if __name__ == "__main__":
    play()
