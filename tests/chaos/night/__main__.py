"""`make night`: break the platform row by row and see who is called (ROWS="postgres-away poison+webhook-down", FASTER=10, CALM=60).

By default the rules are the committed ones in their own time, which takes some eight minutes a row. FASTER divides their times
(`times.py` says how) and is said in the result. Runbooks and a calm time are played on the same platform, after rows that are named.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy.local.settings import ROOT
from deploy.local.trouble import Trouble
from tests.chaos.night import report, runbooks
from tests.chaos.night.calm import watch_calm
from tests.chaos.night.choice import chosen
from tests.chaos.night.playing import play
from tests.chaos.night.row import Found, Row
from tests.chaos.night.rows import MOVABLE_CLOCK, THREE_BROKERS
from tests.chaos.night.stage import Stage, stage

_HOLD_SECONDS: Final = 240
# Short, since whether a cause is still seen after a restart is asked for itself.
_SHORT_HOLD_SECONDS: Final = 15
_COUNTIES: Final = 12


def main() -> int:
    """Return 0 when every row is as declared, and a calm time gave no page."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.night", description=__doc__)
    parser.add_argument("--rows", default="", help="names, separated by blanks; all without it")
    parser.add_argument("--faster", type=int, default=1, help="divide the rules' times")
    parser.add_argument("--calm", type=float, help="no fault for so many minutes, and no page")
    parser.add_argument(
        "--counties", type=int, default=_COUNTIES, help="how many counties the city has, two topics each"
    )
    parser.add_argument("--runbooks", action="store_true", help="carry out the runbooks' commands instead of rows")
    parser.add_argument("--brokers", choices=("1", "3"), default="1")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two events")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "proof")
    parser.add_argument("--keep", action="store_true", help="leave the data for a look, also after success")
    arguments = parser.parse_args()
    home = Path(os.environ.get("DUBAN_HOME") or tempfile.mkdtemp(prefix="duban-night-")).absolute()
    home.mkdir(exist_ok=True)
    home.chmod(0o755)  # below root, PostgreSQL runs as another account; what is secret inside is 0600
    try:
        passed = _night(arguments, home)
    except (Trouble, LookupError) as trouble:
        _say(f"✗ {trouble}")
        passed = False
    if passed and not arguments.keep:
        shutil.rmtree(home, ignore_errors=True)
    else:
        _say(f"logs and data: {home}")
    return 0 if passed else 1


def _night(arguments: argparse.Namespace, home: Path) -> bool:
    rows = chosen(arguments.rows) if arguments.rows or not (arguments.runbooks or arguments.calm is not None) else ()
    began = datetime.now(UTC)
    with stage(
        home,
        _say,
        factor=arguments.faster,
        counties=arguments.counties,
        brokers=arguments.brokers,
        pause=arguments.pause,
        movable_clock=any(MOVABLE_CLOCK in row.needs for row in rows),
    ) as set_up:
        holds = _rows(set_up, rows, arguments, began)
        if arguments.runbooks:
            set_up.until_ready()
            done = runbooks.carry_out(set_up)
            report.write(arguments.output, "runbooks", began, report.of_runbooks(done, arguments, began))
            holds &= not any(wrong for _, wrong in done)
        if arguments.calm is not None:
            calm = watch_calm(set_up, arguments.calm * 60)
            report.write(arguments.output, "calm", began, report.of_calm(calm, arguments, began))
            holds &= calm.holds
    return holds


def _rows(set_up: Stage, rows: Sequence[Row], arguments: argparse.Namespace, began: datetime) -> bool:
    found: list[Found] = []
    hold = _HOLD_SECONDS if arguments.faster == 1 else _SHORT_HOLD_SECONDS
    for row in rows:
        if row.needs == THREE_BROKERS and arguments.brokers != "3":
            _say(f"{row.name}: needs {row.needs}, left out")
            continue
        _say(f"{row.name}: {row.told}")
        began_row = time.monotonic()
        found.append(play(set_up, row, hold=hold))
        _say(f"  {report.line(found[-1])} ({time.monotonic() - began_row:.0f} s)")
        report.write(arguments.output, "night", began, report.of_rows(found, arguments, began, set_up.desk))
    return all(each.holds for each in found)


def _say(line: str) -> None:
    print(f"  {line}", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
