"""One run: the platform, a crowd, those beside it, the memory, and at the end what stands where."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.load.burst import audit, plan
from tests.load.burst.beside import Beside
from tests.load.burst.crowd import Crowd
from tests.load.burst.memory import Memory
from tests.load.burst.patience import Tally
from tests.load.figures import percentile
from tests.load.million.fill import fill, until_now
from tests.load.rig import Rig

PREFIX: Final = "burst."
SERVICES: Final = ("gateway", "ledger", "scheduler", "notifications", "statistics")


@dataclass(frozen=True)
class Extent:
    """How much is played."""

    phases: Sequence[plan.Phase]
    hazards: int = 0
    callers: int = 2000
    seats: int = 0
    """Of each lane (DUBAN_MOST_REQUESTS); 0: as the services have it."""
    patience: float = 1800.0
    seed: int = 1


@asynccontextmanager
async def platform(rig: Rig, wanted: Extent, say: Callable[[str], None]) -> AsyncIterator[tuple[Any, Any, Any]]:
    """Run all five services; give their addresses, keys and databases."""
    await rig.create_topics(PREFIX)
    dsns = {name: await rig.create_service_database(name, f"burst_{name}") for name in SERVICES}
    if wanted.hazards:
        await fill("ledger", dsns["ledger"], until_now(wanted.hazards), say=say)
    keys = await rig.issue_keys(list(dsns.values()))
    more = {"DUBAN_MOST_REQUESTS": str(wanted.seats)} if wanted.seats else {}
    async with AsyncExitStack() as stack:
        running = [
            await stack.enter_async_context(rig.service(name, dsns[name], prefix=PREFIX, more=more))
            for name in SERVICES
        ]
        yield {each.name: each.url for each in running}, keys, dsns


async def burst(rig: Rig, wanted: Extent, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Play the phases; return what everybody met, how long it took to drain, the audit, and the memory."""
    async with platform(rig, wanted, say) as (urls, keys, dsns):
        crowd = Crowd(urls, keys, wanted.phases, callers=wanted.callers)
        beside, memory = Beside(urls, keys, crowd.accepted, crowd.phase), Memory(rig)
        memory.sample()
        began, before = time.monotonic(), rig.processor()
        async with _around(beside, memory.watch(), _tell(crowd, say)):
            until_ended = await crowd.run(seed=wanted.seed, patience=wanted.patience)
            cores = before.until(rig.processor())
        rig.check()
        settled, checks = await audit.settled(crowd.accepted, dsns, patience=wanted.patience, say=say)
        memory.sample()
    return {
        "hazards": wanted.hazards,
        "callers": wanted.callers,
        "seats": wanted.seats,
        "seconds": round(time.monotonic() - began, 1),
        "ended_seconds": round(until_ended, 1),
        "settled_seconds": round(settled, 1),
        "audit": [{"name": c.name, "wanted": c.wanted, "found": c.found, "wrong": list(c.wrong[:20])} for c in checks],
        "nothing_lost": all(check.holds for check in checks),
        "cores": cores,
        "memory": memory.summary(),
        **_met(wanted.phases, crowd, beside),
    }


@asynccontextmanager
async def _around(beside: Beside, *watching: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """While the block runs, let those beside go on, and others watch; those beside end what they have begun."""
    ending = asyncio.Event()
    others, tasks = asyncio.create_task(beside.run(ending)), [asyncio.create_task(each) for each in watching]
    try:
        yield
    finally:
        ending.set()
        await others
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _met(phases: Sequence[plan.Phase], crowd: Crowd, beside: Beside) -> dict[str, Any]:
    """Return what the crowd and those beside it met."""
    others = [*beside.reads.values(), *beside.events.values()]
    return {
        "phases": [_phase(nth, phase, crowd, beside) for nth, phase in enumerate(phases)],
        "lifecycles": sum(crowd.ended.values()),
        "requests": crowd.all.requests,
        "refused": dict(crowd.all.refused),
        "errors": [*crowd.all.errors, *(error for tally in others for error in tally.errors)],
        "most_under_way": max(crowd.waiting, default=0),
        "calm_and_burst": _calm_and_burst(phases, beside),
    }


def _phase(nth: int, phase: plan.Phase, crowd: Crowd, beside: Beside) -> dict[str, Any]:
    return {
        "name": phase.name,
        "seconds": phase.seconds,
        "is_burst": phase.is_burst,
        "offered": crowd.offered[nth],
        "ended": crowd.ended[nth],
        "life_seconds": _spread(crowd.seconds[nth], 1),
        "refused": dict(crowd.by_phase[nth].refused),
        "reads_ms": _spread(beside.reads.get(nth, Tally()).seconds["read"]),
        "reads_refused": sum(beside.reads.get(nth, Tally()).refused.values()),
        "other_county_ms": _spread(beside.events.get(nth, Tally()).seconds["event"]),
        "other_county_refused": sum(beside.events.get(nth, Tally()).refused.values()),
    }


def _calm_and_burst(phases: Sequence[plan.Phase], beside: Beside) -> dict[str, Any]:
    """Return what those beside met before anything came, in the bursts, and in the phases between and after them."""
    found: dict[str, Any] = {}
    for name, numbers in {
        "calm": [0],
        "burst": [nth for nth, phase in enumerate(phases) if phase.is_burst],
        "after": [nth for nth, phase in enumerate(phases) if nth and not phase.is_burst],
    }.items():
        reads = [s for nth in numbers for s in beside.reads.get(nth, Tally()).seconds["read"]]
        events = [s for nth in numbers for s in beside.events.get(nth, Tally()).seconds["event"]]
        found[name] = {"reads_ms": _spread(reads), "other_county_ms": _spread(events)}
    return found


def _spread(seconds: Sequence[float], unit: float = 1000) -> Mapping[str, float]:
    if not seconds:
        return {}
    return {
        "count": len(seconds),
        **{
            name: round(percentile(seconds, share) * unit, 1)
            for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
        },
    }


async def _tell(crowd: Crowd, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(10)
        under_way = crowd.waiting[-1] if crowd.waiting else 0
        nth = crowd.phase()
        refused = sum(crowd.all.refused.values())
        say(
            f"{crowd.planned[nth].name}: {sum(crowd.offered.values())} begun, {sum(crowd.ended.values())} ended, "
            f"{under_way} under way, {refused} refusals, {len(crowd.all.errors)} errors"
        )
