"""(c) Whole hazard lives over HTTP: report, search, confirm, rectified, read, close; and the services' memory.

Search and read wait for what the pipeline brings (`Prefer: wait`), or ask again and again, as every client had to before.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from duban_contracts.cloudevents import STRUCTURED_CONTENT_TYPE, CloudEvent, to_structured
from tests.load import claims
from tests.load.figures import percentile
from tests.load.http_client import Client
from tests.load.million.fill import fill, until_now
from tests.load.rig import COUNTIES, Rig

PREFIX: Final = "life."
SERVICES: Final = ("gateway", "ledger", "scheduler", "notifications", "statistics")
# How long a caller waits before it asks again whether its event has been recorded.
ASK_AGAIN_SECONDS: Final = 0.25
_PATIENCE_SECONDS: Final = 60
_WAIT_SECONDS: Final = 20
# Of those a life makes two.
_WAITS: Final = 2
_BESIDE: Final = frozenset({"bench", "others"})


class Caller:
    """One caller after another hazard: each step waits for the one before it."""

    def __init__(self, urls: Mapping[str, str], keys: Mapping[str, str], county: str, *, waits: bool) -> None:
        self._county = county
        self._waits = waits
        self._edge = Client(urls["gateway"], keys[f"county-{county}"])
        self._clerk = Client(urls["ledger"], keys[f"regulator-{county}-1"])
        self._reviewer = Client(urls["ledger"], keys[f"regulator-{county}-2"])
        self.steps: dict[str, list[float]] = defaultdict(list)
        self.requests = 0

    async def live(self, report: CloudEvent) -> None:
        """Take one hazard from its report to its close-out."""
        reference = report.subject or ""
        await self._step("report", self._send(report))
        hazard = await self._wait("search", f"/v1/hazards?county={self._county}&reference={reference}", _only)
        path = f"/v1/hazards/{hazard['hazard_id']}"
        deadline = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011 - any day well ahead
        confirmation = {"grade": "general", "responsible_unit": "emergency_management", "deadline_on": deadline}
        confirmed = await self._step("confirm", self._clerk.post(f"{path}/confirm", msgspec.json.encode(confirmation)))
        await self._step("rectified", self._send(claims.rectified(self._county, reference)))
        await self._wait("read", path, _in_review, version=confirmed["version"])
        body = msgspec.json.encode({"review": "现场复查合格，同意销号"})
        closed = await self._step("close", self._reviewer.post(f"{path}/close", body))
        assert closed["state"] == "closed", closed

    async def _send(self, event: CloudEvent) -> Any:
        return await self._edge.post("/v1/events", msgspec.json.encode(to_structured(event)), STRUCTURED_CONTENT_TYPE)

    async def _step(self, name: str, call: Awaitable[Any]) -> Any:
        began = time.perf_counter()
        answer = await call
        self.steps[name].append(time.perf_counter() - began)
        self.requests += 1
        return answer

    async def _wait(self, name: str, path: str, ripe: Callable[[Any], Any], version: int | None = None) -> Any:
        """Ask until the pipeline has brought the event to the ledger; who waits tells the version that it knows."""
        headers = f"Prefer: wait={_WAIT_SECONDS}\r\n" if self._waits else ""
        if self._waits and version is not None:
            headers += f'If-None-Match: "{version}"\r\n'
        began = time.perf_counter()
        while (found := ripe(await self._step(name, self._clerk.get(path, headers)))) is None:
            if time.perf_counter() - began > _PATIENCE_SECONDS:
                raise TimeoutError(f"{path} did not change in time")
            if not self._waits:
                await asyncio.sleep(ASK_AGAIN_SECONDS)
        self.steps[f"until_{name}"].append(time.perf_counter() - began)
        return found

    def close(self) -> None:
        """Close its connections."""
        for client in (self._edge, self._clerk, self._reviewer):
            client.close()


def _only(page: Any) -> Any:
    return page["items"][0] if page["items"] else None


def _in_review(found: Any) -> Any:
    return found if found is not None and found["state"] == "in_review" else None


async def _round(rig: Rig, callers: list[Caller], series: str, seconds: float) -> dict[str, Any]:
    """Keep every caller busy for `seconds`; count the lives that ended within it."""
    numbers = {county: itertools.count() for county in COUNTIES}
    by_county: dict[str, Iterator[CloudEvent]] = {c: _endless(series, c) for c in numbers}
    ended: list[float] = []
    began, before = time.perf_counter(), rig.processor()
    until = began + seconds

    async def work(caller: Caller, county: str) -> None:
        while True:
            # At least one each, however long the machine takes to begin.
            await caller.live(next(by_county[county]))
            ended.append(time.perf_counter())
            if ended[-1] >= until:
                return

    for caller in callers:
        caller.steps.clear()
        caller.requests = 0
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work(caller, caller._county)) for caller in callers]
        await asyncio.sleep(max(0.0, until - time.perf_counter()))
        cores = before.until(rig.processor())
    assert all(task.done() for task in tasks)
    lives = sum(at <= until for at in ended)
    steps: dict[str, list[float]] = defaultdict(list)
    for caller in callers:
        for name, values in caller.steps.items():
            steps[name] += values
    return {
        "lifecycles_per_second": round(lives / seconds, 1),
        "requests_per_lifecycle": round(sum(caller.requests for caller in callers) / len(ended), 2),
        "requests_per_second": round(sum(caller.requests for caller in callers) / (max(ended) - began)),
        "milliseconds": {
            name: {"p50": round(percentile(v, 0.5) * 1000, 1), "p99": round(percentile(v, 0.99) * 1000, 1)}
            for name, v in sorted(steps.items())
        },
        "cores": cores,
        "processor_ms_per_lifecycle": processor_of_each(cores, lives / seconds),
    }


def processor_of_each(cores: Mapping[str, float], rate: float) -> dict[str, float]:
    """Return the processor milliseconds that a life cost in each part, and in all of the platform at `rate` lives/s.

    The load generator's own stand beside the sum; not a number where no life ended.
    """
    each = rate or float("nan")
    parts = {part: round(share / each * 1000, 2) for part, share in cores.items() if part != "others"}
    return {**parts, "all": round(sum(ms for part, ms in parts.items() if part not in _BESIDE), 2)}


def _told(round_: Mapping[str, Any]) -> str:
    each = round_["processor_ms_per_lifecycle"]["all"]
    return f"{round_['lifecycles_per_second']} lifecycles/s, {each} ms of processor each"


def own_cap(callers: int, *, waits: bool) -> float | None:
    """Return how many lives a second so many callers could make at most if everything took no time; None: any number.

    Whoever asks again after a pause has two such pauses in a life.
    """
    return None if waits else callers / (_WAITS * ASK_AGAIN_SECONDS)


def _endless(series: str, county: str) -> Iterator[CloudEvent]:
    for event in claims.reports(10_000_000, series=f"{series}-{county}"):
        if claims.county_of(event) == county:
            yield event


@asynccontextmanager
async def _crowd(rig: Rig, dsns: Mapping[str, str], callers: int, *, waits: bool) -> AsyncIterator[list[Caller]]:
    """Run the services, and give so many callers of them, spread over the counties."""
    keys = await rig.issue_keys(list(dsns.values()))
    async with AsyncExitStack() as stack:
        running = {
            name: await stack.enter_async_context(rig.service(name, dsn, prefix=PREFIX)) for name, dsn in dsns.items()
        }
        urls = {name: service.url for name, service in running.items()}
        crowd = [Caller(urls, keys, COUNTIES[nth % len(COUNTIES)], waits=waits) for nth in range(callers)]
        for caller in crowd:
            stack.callback(caller.close)
        yield crowd


async def measure(
    rig: Rig,
    *,
    callers: int,
    seconds: float,
    warm_seconds: float,
    rounds: int,
    say: Callable[[str], None],
    waits: bool = True,
    hazards: int = 0,
) -> dict[str, Any]:
    """Run all five services as the platform does, and return the rounds and the memory before and after them.

    The ledger holds so many `hazards` already; the other services know nothing of those.
    """
    await rig.create_topics(PREFIX)
    dsns = {name: await rig.create_service_database(name, f"life_{name}") for name in SERVICES}
    if hazards:
        await fill("ledger", dsns["ledger"], until_now(hazards), say=say)
    async with _crowd(rig, dsns, callers, waits=waits) as crowd:
        idle = rig.memory()
        await _round(rig, crowd, "warm", warm_seconds)
        results = []
        for nth in range(rounds):
            results.append(await _round(rig, crowd, f"c{nth}", seconds))
            say(f"(c) round {nth + 1}: {_told(results[-1])}")
            rig.check()
        loaded = rig.memory()
    return {
        "callers": callers,
        "seconds": seconds,
        "hazards": hazards,
        "waits": waits,
        "ask_again_seconds": ASK_AGAIN_SECONDS,
        "own_cap_per_second": own_cap(callers, waits=waits),
        "rounds": results,
        "memory_before": idle,
        "memory_after": loaded,
    }
