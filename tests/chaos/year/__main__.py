"""`make chaos YEAR=1`: a whole year on servers of its own, in calm and in storm."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from datetime import date
from functools import partial
from pathlib import Path

from rich.console import Console

from deploy.demo.play import report
from deploy.demo.year.play import Script
from deploy.local import ephemeral
from tests.chaos.year.storm import both, place_of


def main() -> int:
    """Return 0 when both years pass their audits and end alike."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.year", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--until", type=date.fromisoformat, default=date(2024, 12, 31), help="the last day asked for")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    home = Path(tempfile.mkdtemp(prefix="duban-year-"))
    console.rule(f"2024，SEED={arguments.seed}")
    with ephemeral.kafka() as kafka, ephemeral.postgres(durable=False) as postgres:
        calm, stormy = (place_of(kafka.bootstrap, postgres.dsn, home / name) for name in ("calm", "stormy"))
        say = partial(_say, console)
        lines = asyncio.run(both(calm, stormy, Script(arguments.seed, arguments.until), say))
    passed = report(console, lines)
    if passed:
        shutil.rmtree(home, ignore_errors=True)
    else:
        console.print(f"logs: {home}", markup=False)
    console.print(f"the same again: make chaos YEAR=1 SEED={arguments.seed}", markup=False)
    return 0 if passed else 1


def _say(console: Console, line: str) -> None:
    console.print(f"  {line}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
