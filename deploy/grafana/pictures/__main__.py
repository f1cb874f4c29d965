"""`make pictures`: play a city, and take every board while all is well, while a service is dead, and of a silent county.

A platform of its own under `.duban/pictures`, whose day lasts twelve seconds, so that a month passes in some minutes. That a
county is silent can't be waited for: the instant of its last claim is put back by nine days in the ledger's table, which
the pictures' titles say. Takes about ten minutes.
"""

# ruff: noqa: T201, PLC0415
# The platform's clock and ports are chosen before anything reads its settings.

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from deploy.local.settings import Settings

ROOT: Final = Path(__file__).resolve().parents[3]
SECONDS_A_DAY: Final = 12
# The first whose block is free is taken; below the ports that the kernel gives to clients.
PORT_BASES: Final = (26_000, *range(10_000, 31_000, 2_000))
SCRAPE_SECONDS: Final = 5
# How long the city is played, and how long a fault is left to be seen by the alerts.
PLAYED_SECONDS: Final = 200
SEEN_SECONDS: Final = 130
DEAD: Final = "notifications"
SILENT, SILENT_NAME, SILENT_DAYS = "140521", "沁水县", 9
_STARTS_WITHIN: Final = 420


def main() -> int:
    """Return 0 when all pictures were taken, 1 after one sentence."""
    parser = argparse.ArgumentParser(prog="python -m deploy.grafana.pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "boards")
    out = parser.parse_args().out
    os.environ["DUBAN_CLOCK_RATE"] = str(86_400 // SECONDS_A_DAY)
    os.environ["DUBAN_HOME"] = os.environ.get("DUBAN_HOME") or str(ROOT / ".duban" / "pictures")
    from deploy.local import platform
    from deploy.local.settings import load
    from deploy.local.trouble import Trouble

    try:
        os.environ["DUBAN_PORT_BASE"] = os.environ.get("DUBAN_PORT_BASE") or _free_block()
        settings = load()
    except Trouble as trouble:
        print(f"✗ {trouble}", file=sys.stderr)
        return 1
    try:
        _take(settings, out)
    except Trouble as trouble:
        print(f"✗ {trouble}", file=sys.stderr)
        return 1
    finally:
        platform.down(settings, print)
    return 0


def _free_block() -> str:
    """Return the first block of ports on none of which anybody listens. Raises `Trouble`."""
    from deploy.local import ports
    from deploy.local.settings import load
    from deploy.prometheus.local import PORT_OFFSET

    blocks = (load({**os.environ, "DUBAN_PORT_BASE": str(base)}) for base in PORT_BASES)
    return str(ports.first_free(blocks, beside=[PORT_OFFSET]).port_base)


def _take(settings: Settings, out: Path) -> None:
    from deploy.grafana.pictures import states
    from deploy.grafana.pictures.camera import installed, take
    from deploy.local.supervisord import Supervisor

    home = installed(settings.cache)
    with _life(settings), _prometheus(settings) as address:
        print(f"playing for {PLAYED_SECONDS} s ...", flush=True)
        time.sleep(PLAYED_SECONDS)
        take(home, address, states.healthy(out))
        supervisor = Supervisor(settings)
        dead = next(state for state in supervisor.states() if state.name == DEAD)
        supervisor.stop(dead)
        time.sleep(SEEN_SECONDS)
        take(home, address, states.dead(out, DEAD))
        supervisor.start(dead)
        asyncio.run(_put_back(settings))
        time.sleep(SEEN_SECONDS)
        take(
            home,
            address,
            states.silent(out, SILENT, f"{SILENT_NAME}静默（最近来件的时间拨回 {SILENT_DAYS} 天）", SILENT_NAME),
        )


@contextlib.contextmanager
def _life(settings: Settings) -> Iterator[None]:
    """Start a fresh platform on which a demo plays; it is ended with what is taken."""
    command = [sys.executable, "-m", "deploy.demo", "--seed", "3", "--seconds", str(PLAYED_SECONDS), "--hazards", "200"]
    settings.home.mkdir(parents=True, exist_ok=True)
    told = settings.home / "demo.log"
    with told.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output)  # noqa: S603 - our own arguments
    try:
        _until_running(settings, process)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _until_running(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    import httpx

    from deploy.local.settings import LOOPBACK
    from deploy.local.trouble import Trouble

    deadline = time.monotonic() + _STARTS_WITHIN
    for service in settings.services:
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://{LOOPBACK}:{settings.port(service)}/readyz").is_success:
                    break
            time.sleep(1)
        else:
            raise Trouble(f"{service} did not come up.", f"See {settings.home / 'demo.log'} and {settings.logs}.")


@contextlib.contextmanager
def _prometheus(settings: Settings) -> Iterator[str]:
    from deploy.local.settings import LOOPBACK
    from deploy.prometheus import local, tools

    home = settings.home / "prometheus"
    # What an earlier city left behind would be missed: 中断.
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    local.lay_out(home, settings, every_seconds=SCRAPE_SECONDS)
    port = settings.port_base + local.PORT_OFFSET
    with (settings.logs / "prometheus.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            local.command(tools.ensure("prometheus"), home, port), stdout=log, stderr=log
        )
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        process.terminate()
        process.wait(30)


async def _put_back(settings: Settings) -> None:
    """Let the ledger believe that a county was last heard of days ago."""
    import asyncpg

    from deploy.local import platform

    dsn = platform.environment(settings)["DUBAN_LEDGER_DSN"]
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "UPDATE county_arrival SET last_at = last_at - make_interval(days => $1) WHERE county = $2",
            SILENT_DAYS,
            SILENT,
        )
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main())
