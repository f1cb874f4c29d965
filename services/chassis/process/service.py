"""Running a service: one process, its roles, its signals. A role that dies takes the process down, never silently."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

import structlog
import uvloop

from services.chassis.process.settings import ServiceSettings
from services.chassis.telemetry import logs, tracing

_log = structlog.get_logger(__name__)

Role = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set, then finishes what it has in hand and returns."""

Settings = TypeVar("Settings", bound=ServiceSettings)

EXIT_ROLE_DIED: Final = 70
_GRACE_SECONDS: Final = 25


@dataclass(frozen=True)
class Service:
    """A wired service: what it can run, and how to let go of what it holds."""

    name: str
    roles: Mapping[str, Role]
    close: Callable[[], Awaitable[None]]


class RoleDied(Exception):
    """A role ended without being asked to."""


def run(name: str, settings: type[Settings], build: Callable[[Settings], Awaitable[Service]]) -> NoReturn:
    """Run service `name` until SIGTERM or SIGINT; exits 0 after a clean stop and 70 when a role died."""
    parser = argparse.ArgumentParser(prog=f"services.{name}")
    parser.add_argument("--roles", default="", help="comma-separated; default: all roles of the service")
    arguments = parser.parse_args()
    resolved = settings()  # type: ignore[call-arg]
    logs.configure(name, level=resolved.log_level, style=resolved.log_format)
    tracing.configure(name)
    chosen = [role for role in (arguments.roles or resolved.roles).split(",") if role]
    try:
        uvloop.run(_serve(build, resolved, chosen))
    except RoleDied as death:
        _log.critical("process ends", reason=str(death), exc_info=death)
        sys.exit(EXIT_ROLE_DIED)
    sys.exit(0)


async def _serve(build: Callable[[Settings], Awaitable[Service]], settings: Settings, chosen: Sequence[str]) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    service = await _build(build, settings, stopping)
    if service is None:
        return
    if unknown := set(chosen) - set(service.roles):
        raise SystemExit(f"{service.name} has no role {', '.join(sorted(unknown))}; it has {', '.join(service.roles)}")
    # What the start has made stays for good; the collector need not walk it again and again.
    gc.freeze()
    try:
        await supervise(service, chosen or list(service.roles), stopping)
    finally:
        await service.close()


async def _build(
    build: Callable[[Settings], Awaitable[Service]], settings: Settings, stopping: asyncio.Event
) -> Service | None:
    """Return the wired service, or None when asked to stop first; raises RoleDied with the reason it can't be."""
    building: asyncio.Future[Service] = asyncio.ensure_future(build(settings))
    stop: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
    waited: list[asyncio.Future[Any]] = [building, stop]
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        return building.result() if building.done() else None
    except Exception as error:
        raise RoleDied(f"the service can't be started: {error!r}") from error
    finally:
        for task in waited:
            task.cancel()
        await asyncio.gather(*waited, return_exceptions=True)


async def supervise(service: Service, roles: Sequence[str], stopping: asyncio.Event) -> None:
    """Run `roles` until `stopping` is set, then wait for them to finish; raises RoleDied when one ends by itself."""
    tasks: dict[asyncio.Future[Any], str] = {
        asyncio.ensure_future(service.roles[role](stopping)): role for role in roles
    }
    stop: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
    _log.info("roles started", roles=list(roles))
    try:
        done, _ = await asyncio.wait({*tasks, stop}, return_when=asyncio.FIRST_COMPLETED)
        dead = [task for task in done if task is not stop]
        if dead and not stopping.is_set():
            raise RoleDied(_describe(tasks[dead[0]], dead[0])) from _exception(dead[0])
        _log.info("stopping")
        finished, unfinished = await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
        if unfinished:
            raise RoleDied(f"{', '.join(tasks[task] for task in unfinished)} did not stop within the grace time")
        for task in finished:
            if _exception(task) is not None:
                raise RoleDied(_describe(tasks[task], task)) from _exception(task)
    finally:
        stopping.set()
        stop.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, stop, return_exceptions=True)


def _exception(task: asyncio.Future[Any]) -> BaseException | None:
    return None if task.cancelled() else task.exception()


def _describe(role: str, task: asyncio.Future[Any]) -> str:
    error = _exception(task)
    return f"role {role} ended by itself" if error is None else f"role {role} died: {error!r}"
