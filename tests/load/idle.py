"""A city of many counties: `python -m tests.load.idle [--counties 300] [--minutes 10] [--rate 1000]`, on a platform of its own.

The profile is generated and the platform brought up as `make up` does, but for a broker with Java's own options. After it has settled nothing is asked of it, and what it
costs all the same is counted: WAL, processor time of each process, file maps of the broker, and every alert of the committed rules
by a real Prometheus and Alertmanager that watch it from beside (and cost nothing here but the answers that services give them).
With --rate, after that, all counties write together so many claims a second: how old they are when they are taken, by the
platform's own objective, and that each is recorded once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from deploy.local import platform
from deploy.local.settings import ROOT, Settings
from deploy.local.supervisord import Supervisor
from deploy.profiles.generate import generate
from tests.chaos.night.desk import Desk, desk
from tests.chaos.night.row import told
from tests.chaos.night.watch import Watch, watching
from tests.chaos.storm import settings_in
from tests.load import idle_page, offered, result
from tests.load.rig import Usage, tree

Say = Callable[[str], None]
_READY_SECONDS: Final = 300.0
_WARM_SECONDS: Final = 20.0


def main() -> None:
    """Measure, print the page, and write it into --output with its JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.idle", description=__doc__)
    parser.add_argument("--counties", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--settle", type=float, default=2, help="minutes before; the JVM compiles, caches are filled")
    parser.add_argument("--rate", type=int, default=0, help="claims a second of all counties together, afterwards")
    parser.add_argument("--rate-minutes", type=float, default=3, help="for so long")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks")
    asked = parser.parse_args()
    # Ended from outside, the platform is still taken down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    command = f"python -m tests.load.idle --counties {asked.counties} --minutes {asked.minutes:g}" + (
        f" --rate {asked.rate} --rate-minutes {asked.rate_minutes:g}" if asked.rate else ""
    )
    document: dict[str, Any] = {
        **result.head(command),
        "counties": asked.counties,
        **_on_a_platform(
            Plan(asked.counties, asked.settle * 60, asked.minutes * 60, asked.rate, asked.rate_minutes * 60)
        ),
        "load_average_after": [round(load, 2) for load in os.getloadavg()],
    }
    page = idle_page.render(document)
    sys.stdout.write(page)
    name = "city" if asked.rate else "idle"
    result.put(asked.output / f"{name}-{asked.counties}-{document['measured_at'][:10]}", document, page)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: seconds of nothing after it has settled, and then `rate` claims a second; 0: none."""

    counties: int
    settle: float
    idle: float
    rate: int
    offered: float


def _on_a_platform(plan: Plan) -> dict[str, Any]:
    home = Path(tempfile.mkdtemp(prefix="duban-idle-"))
    home.chmod(0o755)  # below root, PostgreSQL runs as another account; what is secret inside is 0600
    profile = generate(plan.counties, home / "profile")
    real_time = {"DUBAN_CLOCK_RATE": "", "DUBAN_CLOCK_ORIGIN": ""}
    # As it runs for a city; a platform for tests has a broker that starts quickly and never compiles what it does all day.
    broker = {"DUBAN_KAFKA_OPTIONS": "-server"}
    settings = settings_in(home, "1", DUBAN_PROFILE=str(profile), **real_time, **broker)
    settings = replace(settings, waits=dict.fromkeys(settings.waits, _READY_SECONDS))
    try:
        platform.up(settings, result.say)
        with desk(home / "desk") as opened, watching(settings, opened, 1) as watch:
            time.sleep(plan.settle)
            lights = _Lights(watch, opened)
            found = {"idle": {**measure(settings, plan.idle, result.say), **lights.seen()}} if plan.idle else {}
            if plan.rate:
                # Compiled and warmed, as in a city that works.
                offered.offer(settings, plan.rate // 4 or 1, _WARM_SECONDS, "warm", result.say)
                lights = _Lights(watch, opened)
                found["offered"] = {"rate": plan.rate, **_offered(settings, watch, plan), **lights.seen()}
            return found
    finally:
        platform.down(settings, result.say)
        shutil.rmtree(home, ignore_errors=True)


class _Lights:
    """What fired, and how often somebody was called, from now on."""

    def __init__(self, watch: Watch, desk: Desk) -> None:
        self._watch, self._desk = watch, desk
        self._since, self._calls = time.time(), len(desk.calls)

    def seen(self) -> dict[str, Any]:
        """Return it until now."""
        return {
            "alerts": sorted({told(each.labels) for each in self._watch.shone(self._since, time.time())}),
            "pages": sum(call.wakes for call in self._desk.calls[self._calls :]),
        }


def _offered(settings: Settings, watch: Watch, plan: Plan) -> dict[str, Any]:
    before, began = _usage(settings), time.monotonic()
    found = offered.offer(settings, plan.rate, plan.offered, "city", result.say)
    cores = before.until(_usage(settings))
    return {**found, **offered.freshness(watch, time.monotonic() - began), "cores": cores}


def measure(settings: Settings, seconds: float, say: Say) -> dict[str, Any]:
    """Return what a running platform does within `seconds`: bytes of WAL, transactions, cores by process, the broker's file maps."""
    before, wal, transactions = _usage(settings), _written(settings), _transactions(settings)
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(60, left))
        say(f"{seconds - max(0, until - time.monotonic()):.0f} s, {_written(settings) - wal:,} bytes of WAL")
    after = _usage(settings)
    return {
        "seconds": round(after.at - before.at, 1),
        "wal_bytes": _written(settings) - wal,
        "transactions": _transactions(settings) - transactions,
        "cores": before.until(after, digits=3),
        "kafka_file_maps": len(_broker(settings).memory_maps(grouped=False)),
    }


def _usage(settings: Settings) -> Usage:
    seconds = {row.name: tree(psutil.Process(row.pid)) for row in Supervisor(settings).states() if row.pid}
    busy = psutil.cpu_times()
    return Usage(time.perf_counter(), seconds, busy.user + busy.nice + busy.system + busy.irq + busy.softirq)


def _broker(settings: Settings) -> psutil.Process:
    (pid,) = (row.pid for row in Supervisor(settings).states() if row.name == settings.kafka_process(1))
    return psutil.Process(pid)


def _written(settings: Settings) -> int:
    return _asked(settings, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")


def _transactions(settings: Settings) -> int:
    return _asked(settings, "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database")


def _asked(settings: Settings, query: str) -> int:
    async def ask() -> int:
        connection = await asyncpg.connect(platform.environment(settings)["DUBAN_LEDGER_DSN"])
        try:
            return int(await connection.fetchval(query))
        finally:
            await connection.close()

    return asyncio.run(ask())


if __name__ == "__main__":
    main()
