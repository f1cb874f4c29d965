"""`make demo`: start the platform, play a city's life, then its year 2024, audit, and say how to look further."""

# ruff: noqa: PLC0415
# The platform's clock is chosen before anything reads its settings.

from __future__ import annotations

import argparse
import os
import sys
import time

from rich.console import Console

# A day of the city's life takes three seconds.
CLOCK_RATE = 28_800
CLOCK_ORIGIN = "2026-03-02T08:00:00+08:00"


def main() -> int:
    """Return 0 when every line of the audit holds."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 1))
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("SECONDS_OF_LOAD") or 50))
    parser.add_argument("--hazards", type=int, default=int(os.environ.get("HAZARDS") or 360))
    arguments = parser.parse_args()
    os.environ.setdefault("DUBAN_CLOCK_RATE", str(CLOCK_RATE))
    os.environ.setdefault("DUBAN_CLOCK_ORIGIN", CLOCK_ORIGIN)
    from deploy.demo.play import play
    from deploy.local.trouble import Trouble

    console = Console(width=None if sys.stdout.isatty() else 120)
    began = time.monotonic()
    try:
        code = play(console, seed=arguments.seed, seconds=arguments.seconds, hazards=arguments.hazards)
    except Trouble as trouble:
        console.print(f"✗ {trouble}", markup=False)
        return 1
    console.print(f"用时 {time.monotonic() - began:.0f} 秒，种子 SEED={arguments.seed}")
    return code


if __name__ == "__main__":
    sys.exit(main())
