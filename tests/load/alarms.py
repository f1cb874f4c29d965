"""Millions of armed alarms: `python -m tests.load.alarms [--alarms 10000000] [--counties 300]`, on private servers.

Measured are (a) how long after its instant a 督办逾期 stands on the topic, by the broker's clock, while so many fall due a
second; (b) how long a midnight takes at which very many pass at once, beside a bare loop that only claims as many rows;
(c) what it costs that alarms exist which are not due, beside an empty table. The scheduler is the real process with the
roles clock and relay. The ledger is played: at first it is known to be through, then it says so once a second, as it does. Hazards
are the example city's, or with --counties those of a generated city, in turn; its tasks are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvloop

from deploy.local.settings import ROOT
from deploy.profiles.generate import generate
from duban_contracts.profile import load_city
from duban_contracts.topics import KEEP_FOREVER, Topic, TopicFamily
from services.chassis.testing.kafka import create_topics
from tests.load import alarms_page, armed_tasks, result
from tests.load.armed import Armed, armed
from tests.load.due import Due
from tests.load.figures import percentile
from tests.load.rig import PROFILE, Rig
from tests.load.said import Said

Say = Callable[[str], None]
_PATIENCE_SECONDS: Final = 900
_LOOK_SECONDS: Final = 0.5
_SCHEDULER: Final = "scheduler"
_ROLES: Final = "relay,clock"


@dataclass(frozen=True)
class Plan:
    """How much is measured: `rate` alarms a second for `seconds`, `midnight` at once, `idle_seconds` of nothing due.

    `tasks` are owed until one instant, once. `counties` of a generated city; 0: those of the example.
    """

    alarms: int
    rate: int = 500
    seconds: float = 60
    midnight: int = 100_000
    tasks: int = 100_000
    idle_seconds: float = 120
    rounds: int = 3
    counties: int = 0


QUICK: Final = Plan(alarms=2_000, rate=100, seconds=1, midnight=600, tasks=60, idle_seconds=0.5, rounds=1)


@dataclass(frozen=True)
class _Bench:
    """A scheduler at work on a table of alarms, and everything that was said on its topic."""

    servers: Rig
    table: Armed
    said: Said
    of_tasks: Said
    say: Say

    async def fall_due(self, series: str, number: int, seconds: float) -> dict[str, Any]:
        """Let so many deadlines pass within `seconds`; return how their words came. Raises when one is said twice or never."""
        return await self._said(await self.table.arm(series, number, seconds), self.said, "hazard")

    async def tasks_fall_due(self, number: int) -> dict[str, Any]:
        """Let the last day of so many tasks end at one instant: each is marked late, and 任务逾期 is said of it."""
        return await self._said(await self.table.end_tasks(number), self.of_tasks, "task")

    async def _said(self, due: Due, said: Said, kind: str) -> dict[str, Any]:
        await _until(due.starts_at)
        before = self.servers.processor()
        await self._all_said(due, kind)
        cores = before.until(self.servers.processor())
        delays = await said.delays(due)
        return {
            "alarms": due.number,
            "drained_seconds": round(max(delays), 2),
            "milliseconds": {
                name: round(percentile(delays, share) * 1000)
                for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0))
            },
            "cores": cores,
        }

    async def _all_said(self, due: Due, kind: str) -> None:
        patience = time.monotonic() + _PATIENCE_SECONDS
        await _until(due.ends_at)
        while await self.table.waits(due.ends_at, kind):
            self.servers.check()
            if time.monotonic() > patience:
                raise TimeoutError(f"alarms of {due.series} wait for their word for {_PATIENCE_SECONDS} s")
            await asyncio.sleep(_LOOK_SECONDS)

    async def nothing_due(self, seconds: float) -> dict[str, float]:
        """Return the processor seconds that each part uses in a minute of nothing due."""
        before = self.servers.processor()
        await asyncio.sleep(seconds)
        after = self.servers.processor()
        return {
            part: round((after.seconds[part] - used) / (after.at - before.at) * 60, 2)
            for part, used in before.seconds.items()
            if part in after.seconds
        }


async def _until(instant: datetime) -> None:
    await asyncio.sleep(max((instant - datetime.now(UTC)).total_seconds(), 0))


async def measure(servers: Rig, plan: Plan, *, prefix: str, say: Say) -> dict[str, Any]:
    """Return all rounds; the databases are `<prefix>empty` and `<prefix>armed`, made here and left to the server's end."""
    profile = generate(plan.counties, servers.scratch / "profile") if plan.counties else PROFILE
    counties = [county.code for county in load_city(profile).counties]
    found: dict[str, Any] = {"alarms": plan.alarms, "rate": plan.rate, "seconds": plan.seconds}
    found |= {"counties": len(counties), "tasks": []}
    serving = partial(servers.service, _SCHEDULER, prefix=prefix, roles=_ROLES, more={"DUBAN_PROFILE": str(profile)})
    supervision = f"{prefix}{TopicFamily.SUPERVISION}"
    by_broker = {"message.timestamp.type": "LogAppendTime"}
    tasks = f"{prefix}{TopicFamily.TASK}"
    await create_topics(
        servers.bootstrap, [Topic(name, KEEP_FOREVER, config=dict(by_broker)) for name in (supervision, tasks)]
    )
    said, of_tasks = Said(servers.bootstrap, supervision), Said(servers.bootstrap, tasks)
    for name, alarms in (("empty", 0), ("armed", plan.alarms)):
        dsn = await servers.create_service_database(_SCHEDULER, f"{prefix.strip('.')}_{name}")
        async with armed(dsn, counties) as table:
            began = time.perf_counter()
            await table.fill(alarms)
            await table.ledger_is_through()
            say(f"{alarms:,} alarms armed in {time.perf_counter() - began:.0f} s")
            bench = _Bench(servers, table, said, of_tasks, say)
            async with serving(dsn):
                # It has started when it has said something.
                await bench.fall_due(f"{name}-warm", min(plan.midnight, 500), 0)
                found[f"idle_{name}"] = await bench.nothing_due(plan.idle_seconds)
                say(f"{name}, nothing due, processor seconds a minute: {found[f'idle_{name}']}")
                if alarms:
                    found |= await _rounds(bench, plan)
            if alarms and plan.tasks:
                # Behind the others: a hundred thousand owed tasks are looked at by audits of their own.
                await armed_tasks.assign(dsn, plan.tasks, prefix=prefix)
                say(f"{plan.tasks:,} tasks assigned")
                async with serving(dsn):
                    found["tasks"].append(await bench.tasks_fall_due(plan.tasks))
                say(f"{plan.tasks:,} tasks at once: {found['tasks'][0]['drained_seconds']} s")
    return found


async def _rounds(bench: _Bench, plan: Plan) -> dict[str, Any]:
    found: dict[str, list[Any]] = {"steady": [], "beating": [], "midnight": [], "bare": []}
    at_once = round(plan.rate * plan.seconds)
    for nth in range(plan.rounds):
        await bench.table.ledger_is_through()
        found["steady"].append(await bench.fall_due(f"steady-{nth}", at_once, plan.seconds))
        bench.say(f"{plan.rate}/s, the ledger through: {found['steady'][-1]['milliseconds']} ms")
        found["midnight"].append(await bench.fall_due(f"midnight-{nth}", plan.midnight, 0))
        bench.say(f"{plan.midnight:,} at once: {found['midnight'][-1]['drained_seconds']} s")
        took = await bench.table.claim_bare(f"bare-{nth}", plan.midnight)
        found["bare"].append({"claimed": plan.midnight, "seconds": round(took, 2)})
        bench.say(f"{plan.midnight:,} claimed by a bare loop: {took:.2f} s")
        async with bench.table.ledger_beats():
            found["beating"].append(await bench.fall_due(f"beating-{nth}", at_once, plan.seconds))
        bench.say(f"{plan.rate}/s, the ledger's word once a second: {found['beating'][-1]['milliseconds']} ms")
    return found


def main() -> None:
    """Measure, print the page, and with --output write it there with its JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.alarms", description=__doc__)
    parser.add_argument("--alarms", type=int, default=10_000_000, help="how many are armed ahead")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--counties", type=int, default=0, help="a generated city of so many; without: the example city"
    )
    parser.add_argument("--quick", action="store_true", help="seconds; shows that the bench works, measures nothing")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "docs" / "benchmarks", help="directory of the result files"
    )
    asked = parser.parse_args()
    plan = QUICK if asked.quick else Plan(asked.alarms, rounds=asked.rounds)
    of = f" --counties {asked.counties}" if asked.counties else ""
    command = f"python -m tests.load.alarms{' --quick' if asked.quick else f' --alarms {plan.alarms}'}{of}"
    if asked.counties:
        plan = replace(plan, counties=asked.counties, tasks=0)
    document = uvloop.run(
        result.of_private_servers(
            command, "alarms", lambda servers: measure(servers, plan, prefix="alarms.", say=result.say)
        )
    )
    page = alarms_page.render(document)
    sys.stdout.write(page)
    if not asked.quick:
        of = f"-{asked.counties}" if asked.counties else ""
        result.put(asked.output / f"alarms{of}-{document['measured_at'][:10]}", document, page)


if __name__ == "__main__":
    main()
