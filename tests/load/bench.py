"""`make bench`: measures the platform on private servers and writes a dated result file.

Nothing here gates anything: machines differ and drift, so every figure stands beside a baseline of the same run, and
says what bounded it. `--base <git ref>` measures an earlier tree beside the present one, in turns (see `base`). `--quick`
only shows that the machinery works.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from deploy.local.settings import ROOT
from tests.load import base, freshness, ingest, lifecycles, machine, report, result
from tests.load.rig import Rig, rig

Measure = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    events: int
    ingest_rounds: int
    rates: tuple[int, ...]
    offer_seconds: float
    warm_seconds: float
    offer_rounds: int
    callers: int
    life_seconds: float
    life_rounds: int
    waits: bool = True
    hazards: int = 0


FULL = Plan(20_000, 5, (500, 1000), 20, 5, 3, 64, 20, 3)
QUICK = Plan(1_500, 1, (100,), 2, 1, 1, 6, 2, 1)


def _parts(plan: Plan, servers: Rig) -> dict[str, tuple[str, Measure]]:
    return {
        "a": (
            "ingest",
            partial(ingest.measure, servers, events=plan.events, rounds=plan.ingest_rounds, say=result.say),
        ),
        "b": (
            "freshness",
            partial(
                freshness.measure,
                servers,
                rates=plan.rates,
                seconds=plan.offer_seconds,
                warm_seconds=plan.warm_seconds,
                rounds=plan.offer_rounds,
                say=result.say,
            ),
        ),
        "c": (
            "lifecycles",
            partial(
                lifecycles.measure,
                servers,
                callers=plan.callers,
                seconds=plan.life_seconds,
                warm_seconds=plan.warm_seconds,
                rounds=plan.life_rounds,
                waits=plan.waits,
                hazards=plan.hazards,
                say=result.say,
            ),
        ),
    }


async def _measure(plan: Plan, command: str, parts: str) -> dict[str, Any]:
    # Ended from outside, the bench still takes its servers down.
    if (task := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    began = datetime.now(UTC)
    document = result.head(command)
    with rig() as servers:
        document["servers"] = await machine.servers(servers)
        for part, (name, measure) in _parts(plan, servers).items():
            if part not in parts:
                continue
            try:
                document[name] = await measure()
            except Exception as error:  # noqa: BLE001 - what the other parts measured is still worth its page
                document.setdefault("failed", {})[name] = repr(error)
                traceback.print_exc()
    document["took_seconds"] = round((datetime.now(UTC) - began).total_seconds())
    document["summary"] = report.summarise(document)
    return document


def _compare(arguments: argparse.Namespace, command: str) -> dict[str, Any]:
    began = datetime.now(UTC)
    commit = base.commit_of(arguments.base)
    results = base.compare(
        arguments.base,
        arguments.only,
        turns=arguments.turns,
        quick=arguments.quick,
        callers=arguments.callers,
        polling=arguments.polling,
        say=result.say,
    )
    return {
        "measured_at": began.isoformat(timespec="seconds"),
        "command": command,
        "base": commit if commit == arguments.base else f"{arguments.base} ({commit})",
        "present": machine.versions()["duban"],
        "turns": arguments.turns,
        "took_seconds": round((datetime.now(UTC) - began).total_seconds()),
        "machine": machine.describe(),
        "others_cores": base.others_cores(results),
        "table": base.table(results),
        "results": results,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="under a minute; shows that the bench works, measures nothing"
    )
    parser.add_argument("--only", default="abc", help="parts to run: a ingest, b freshness, c lifecycles")
    parser.add_argument("--callers", type=int, default=0, help="(c): how many lives are led at once")
    parser.add_argument("--hazards", type=int, default=0, help="(c): how many the ledger holds before, such as 1000000")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--waiting", action="store_true", help="(c): search and read wait (Prefer: wait); the usual way")
    way.add_argument("--polling", action="store_true", help="(c): search and read are asked again and again")
    parser.add_argument("--base", default="", help="a git ref to measure beside the present tree, in turns")
    parser.add_argument("--turns", type=int, default=3, help="with --base: how often each is measured")
    parser.add_argument("--output", type=Path, default=None, help="directory of the result files")
    arguments = parser.parse_args()
    if arguments.base and arguments.hazards:
        parser.error("--hazards: a base may not know how to make them")
    return arguments


def main() -> int:
    """Measure, write `<date>.json` and `<date>.md`, print the table."""
    arguments = _arguments()
    plan = replace(QUICK if arguments.quick else FULL, waits=not arguments.polling, hazards=arguments.hazards)
    if arguments.callers:
        plan = replace(plan, callers=arguments.callers)
    only = "" if arguments.only == "abc" else f" --only {arguments.only}"
    against = f" --base {arguments.base} --turns {arguments.turns}" if arguments.base else ""
    lives = "".join(
        [
            f" --callers {arguments.callers}" if arguments.callers else "",
            f" --hazards {arguments.hazards}" if arguments.hazards else "",
            " --polling" if arguments.polling else "",
        ]
    )
    command = f"python -m tests.load.bench{' --quick' if arguments.quick else ''}{only}{lives}{against}"
    document = _compare(arguments, command) if against else uvloop.run(_measure(plan, command, arguments.only))
    # A quick run is no measurement: it never lands among the results.
    usual = ROOT / (".duban/bench" if arguments.quick else "docs/benchmarks")
    directory: Path = arguments.output or usual
    # A round at a million stands beside the day's others.
    which = "-against-base" if against else f"-at-{plan.hazards}" if plan.hazards else ""
    stem = directory / (document["measured_at"][:10] + which)
    text = base.render(document) if against else report.render(document)
    result.put(stem, document, text)
    print(text)  # noqa: T201 - the command's output
    return 1 if "failed" in document else 0


if __name__ == "__main__":
    sys.exit(main())
