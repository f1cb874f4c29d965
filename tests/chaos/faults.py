"""What is done to the running platform: a schedule that a seed decides, and the hand that carries it out."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

import psutil

from deploy.local import readiness
from deploy.local.settings import LOOPBACK, Settings
from deploy.local.supervisord import Supervisor

_BEGIN_SECONDS: Final = 2.0
_COMEBACK_SECONDS: Final = 90.0
_POLL_SECONDS: Final = 0.2
# How often a part is chosen, and for how many seconds it is then left alone.
_SERVICE: Final = (2, 4.0)
_POSTGRES: Final = (2, 8.0)
_KAFKA: Final = (1, 12.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """One blow: SIGKILL, or SIGSTOP and SIGCONT after `seconds`. `at` counts wall seconds from the start."""

    at: float
    victim: str
    kind: Literal["kill", "freeze"]
    seconds: float = 0.0

    def __str__(self) -> str:
        how = "SIGKILL" if self.kind == "kill" else f"SIGSTOP for {self.seconds:.1f} s"
        return f"{self.at:6.1f} s  {self.victim:<14} {how}"


def schedule(seed: int, seconds: float, *, services: Sequence[str], brokers: Sequence[str]) -> list[Fault]:
    """Return the faults of `seconds` of storm, in order of time; the same arguments give the same faults."""
    dice = random.Random(f"storm-{seed}")
    weights = dict.fromkeys(services, _SERVICE) | {"postgres": _POSTGRES} | dict.fromkeys(brokers, _KAFKA)
    rested = dict.fromkeys(weights, 0.0)
    faults: list[Fault] = []
    at = _BEGIN_SECONDS
    while at < seconds:
        ready = [name for name in weights if rested[name] <= at]
        if ready:
            victim = dice.choices(ready, weights=[weights[name][0] for name in ready])[0]
            frozen = round(dice.uniform(0.5, 6.0), 1) if dice.random() < 0.4 else 0.0
            faults.append(Fault(round(at, 1), victim, "freeze" if frozen else "kill", frozen))
            rested[victim] = at + frozen + weights[victim][1]
        at += dice.uniform(0.8, 3.5)
    return faults


class Hand:
    """Carries out a schedule on the processes of one supervised platform, then waits until all of them are back."""

    def __init__(self, settings: Settings, faults: Sequence[Fault], say: Callable[[str], None]) -> None:
        self._supervisor = Supervisor(settings)
        self._settings = settings
        self._faults = faults
        self._say = say
        self._began = 0.0

    async def strike(self) -> None:
        """Do everything in its time; raises `Trouble` when a service does not come back by itself."""
        self._began = time.monotonic()
        await asyncio.gather(*(self._carry_out(fault) for fault in self._faults))
        self._say(f"{self._elapsed():6.1f} s  faults stop")
        for service in self._settings.services:
            url = f"http://{LOOPBACK}:{self._settings.port(service)}/readyz"
            await readiness.wait_for(
                service, partial(readiness.http, url), _COMEBACK_SECONDS, f"See {self._settings.logs}."
            )
        self._say(f"{self._elapsed():6.1f} s  everything is ready again")

    async def _carry_out(self, fault: Fault) -> None:
        await asyncio.sleep(fault.at)
        pid = await self._pid(fault.victim)
        self._say(f"{self._elapsed():6.1f} s  {fault.victim} (pid {pid or '-, it is down'}): {fault.kind}")
        if pid is None:
            return
        if fault.kind == "kill":
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
            return
        frozen = _freeze(pid)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            for process in frozen:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()

    async def _pid(self, victim: str) -> int | None:
        """Ask the supervisor, which restarts what dies; a part between death and restart is waited for shortly."""
        for _ in range(25):
            rows = await asyncio.to_thread(self._supervisor.states)
            for row in rows:
                if row.name == victim and row.pid and row.state in {"RUNNING", "STARTING"}:
                    return row.pid
            await asyncio.sleep(_POLL_SECONDS)
        return None

    def _elapsed(self) -> float:
        return time.monotonic() - self._began


def _freeze(pid: int) -> list[psutil.Process]:
    """Stop a process and its children (PostgreSQL's sessions are processes); return what was stopped."""
    stopped = []
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
                stopped.append(process)
    return stopped
