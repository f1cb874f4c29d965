"""PostgreSQL is lost with its disk, in the middle of the play: `python -m tests.chaos.drill`.

A platform of its own archives its database and plays the demo's city. `duban drill` restores the backups beside it, and
compares. Then the server is killed and its data directory deleted; it is restored from base backup and archived log, while counties go on reporting. The demo's audit must hold:
nothing that was acknowledged is lost, no number is given twice, letters and figures are what the history says.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
from rich.console import Console

from deploy.demo.play import Script, perform, report
from deploy.local import backup, parts, platform, readiness, recovery
from deploy.local.settings import LOOPBACK, Settings
from deploy.local.supervisord import Supervisor
from deploy.local.trouble import Trouble
from tests.chaos.storm import settings_in

_HAZARDS_A_SECOND: Final = 4
_PATIENCE_SECONDS: Final = 90
_COMEBACK_SECONDS: Final = 90.0
_COUNTED: Final = {"gateway": "receipt", "ledger": "hazard", "notifications": "letter"}


def main() -> int:
    """Return 0 when the audit holds after the loss; the drill's figures are printed as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.drill", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--keep", action="store_true", help="leave the data for a look, also after success")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    home = Path(os.environ.get("DUBAN_HOME") or tempfile.mkdtemp(prefix="duban-drill-")).absolute()
    home.mkdir(exist_ok=True)
    home.chmod(0o755)  # below root, PostgreSQL runs as another account; what is secret inside is 0600
    settings = settings_in(home, "1", BACKUP="1")
    passed = False
    try:
        passed = _play(settings, console, arguments.seed, arguments.seconds)
    except Trouble as trouble:
        console.print(f"✗ {trouble}", markup=False)
    finally:
        platform.down(settings, lambda _line: None)
    if passed and not arguments.keep:
        platform.reset(settings, lambda _line: None)
        shutil.rmtree(home, ignore_errors=True)
    else:
        console.print(f"logs and data: {home}", markup=False)
    console.print("restored, nothing lost" if passed else "the drill did NOT hold")
    return 0 if passed else 1


def _play(settings: Settings, console: Console, seed: int, seconds: float) -> bool:
    say = partial(_say, console)
    platform.up(settings, say)
    figures: dict[str, float | int] = {}
    script = Script(seed, seconds, int(seconds * _HAZARDS_A_SECOND), _PATIENCE_SECONDS, _PATIENCE_SECONDS)
    lines = asyncio.run(perform(settings, console, script, partial(_lose, settings, seconds / 2, figures, say)))
    say(json.dumps(figures))
    return report(console, lines) and not any(each for name, each in figures.items() if name.endswith("_lost"))


async def _rehearse(settings: Settings, figures: dict[str, float | int], say: platform.Say) -> None:
    """Let `duban drill` restore the backups beside the running platform, as an operator would. Raises `Trouble`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli.command_line", "drill", "--json"),
        cwd=settings.root,
        env={**os.environ, **platform.environment(settings)},
        stdout=asyncio.subprocess.PIPE,
    )
    told = json.loads((await process.communicate())[0])
    if "drill" not in told:
        raise Trouble("`duban drill` did not restore.", "; ".join(told["said"]))
    say("; ".join(told["said"]))
    figures["drill_seconds"] = told["drill"]["seconds"]
    # Of what is being written just then a digest may differ; that a row is missing may not be.
    figures |= {f"drill_{each['thing']}_lost": each["missing"] for each in told["things"]}


async def _lose(settings: Settings, after: float, figures: dict[str, float | int], say: platform.Say) -> None:
    """Kill PostgreSQL, delete its data, restore it, and wait until every service is ready. Raises `Trouble`."""
    await asyncio.sleep(after)
    server = parts.prepare(settings).postgres
    if server is None:
        raise Trouble("This platform has no PostgreSQL of its own.", "Unset DUBAN_POSTGRES_DSN.")
    await _rehearse(settings, figures, say)
    before = await _rows(settings)
    began = time.monotonic()
    supervisor = Supervisor(settings)
    row = next(each for each in supervisor.states() if each.name == "postgres")
    os.kill(row.pid, signal.SIGKILL)
    # The supervisor would start it again on what is left of it.
    await asyncio.to_thread(supervisor.stop, row)
    shutil.rmtree(server.data)
    say(f"PostgreSQL killed and {server.data} deleted; {before}")
    await asyncio.to_thread(recovery.restore, settings, None, say)
    for name in settings.services:
        url = f"http://{LOOPBACK}:{settings.port(name)}/readyz"
        await readiness.wait_for(name, partial(readiness.http, url), _COMEBACK_SECONDS, f"See {settings.logs}.")
    figures["seconds_until_ready"] = round(time.monotonic() - began, 1)
    figures["archive_bytes"] = sum(
        file.stat().st_size for file in backup.archive(server).directory.parent.glob("backups*/**/*") if file.is_file()
    )
    after_rows = await _rows(settings)
    for name in _COUNTED:
        figures[f"{name}_rows_before"] = before[name]
        figures[f"{name}_lost"] = max(0, before[name] - after_rows[name])


async def _rows(settings: Settings) -> dict[str, int]:
    """Count what was committed: receipts, hazards and letters only ever become more."""
    told = platform.environment(settings)
    found = {}
    for service, table in _COUNTED.items():
        connection = await asyncpg.connect(told[f"DUBAN_{service.upper()}_DSN"])
        found[service] = await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
        await connection.close()
    return found


def _say(console: Console, line: str) -> None:
    console.print(f"  {line}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
