"""Running a service: one process, its roles, its signals. A role that dies is started again, never silently."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import itertools
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

import structlog
import uvloop

from services.chassis.process import waiting
from services.chassis.process.cancelling import ended
from services.chassis.process.ending import EXIT_ROLE_DIED, Ending
from services.chassis.process.restarts import Restarts
from services.chassis.process.secret_files import UnusableSetting, given
from services.chassis.process.settings import ServiceSettings
from services.chassis.storage.database import is_retryable
from services.chassis.telemetry import logs, metrics, tracing

_log = structlog.get_logger(__name__)

Role = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set, then finishes what it has in hand and returns."""

Settings = TypeVar("Settings", bound=ServiceSettings)

_HTTP: Final = "http"
_GRACE_SECONDS: Final = 25
_PAUSE_SECONDS: Final = 1.0
# A role has tasks of its own to end, and a consumer leaves its group for ten seconds.
_AGAIN_SECONDS: Final = 15.0
# New objects before the youngest are looked at, and how often that is done before the next older ones are.
_COLLECT_AFTER: Final = (20_000, 10, 10)


@dataclass(frozen=True)
class Service:
    """A wired service: what it can run, and how to let go of what it holds."""

    name: str
    roles: Mapping[str, Role]
    close: Callable[[], Awaitable[None]]
    # Roles that can't be started twice in one process: when one dies, the process ends.
    once: frozenset[str] = frozenset()


class RoleDied(Exception):
    """A role ended without being asked to."""


def run(name: str, settings: type[Settings], build: Callable[[Settings], Awaitable[Service]]) -> NoReturn:
    """Run service `name` until SIGTERM or SIGINT; exits 0 after a clean stop and 70 when a role died."""
    parser = argparse.ArgumentParser(prog=f"services.{name}")
    parser.add_argument("--roles", default="", help="comma-separated; default: all roles of the service")
    arguments = parser.parse_args()
    try:
        resolved = settings()  # type: ignore[call-arg]
        resolved.go_together()
        otlp_headers = given("OTEL_EXPORTER_OTLP_HEADERS")
    except UnusableSetting as unusable:
        raise SystemExit(f"{name} can't be started: {unusable}") from unusable
    logs.configure(name, level=resolved.log_level, style=resolved.log_format)
    tracing.configure(name, headers=otlp_headers)
    chosen = [role for role in (arguments.roles or resolved.roles).split(",") if role]
    try:
        uvloop.run(_serve(build, resolved, chosen))
    except RoleDied as death:
        _log.critical("process ends", reason=str(death), exc_info=death)
        sys.exit(EXIT_ROLE_DIED)
    sys.exit(0)


async def _serve(build: Callable[[Settings], Awaitable[Service]], settings: Settings, chosen: Sequence[str]) -> None:
    stopping, ending = asyncio.Event(), Ending(_GRACE_SECONDS)

    def asked() -> None:
        ending.begins()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked)
    service = await _build(build, settings, stopping)
    if service is None:
        return
    if unknown := set(chosen) - set(service.roles):
        raise SystemExit(f"{service.name} has no role {', '.join(sorted(unknown))}; it has {', '.join(service.roles)}")
    # What the start has made stays for good; the collector need not walk it again and again.
    gc.freeze()
    # Nearly all that a request or a batch makes is freed by its reference count: looked at every 700 objects, as Python does by
    # default, it was a tenth of the ledger's processor time for nothing.
    gc.set_threshold(*_COLLECT_AFTER)
    for role in chosen or service.roles:
        metrics.ROLE_DEATHS.labels(role)  # from 0, so that the first one is seen as an increase
    draining: list[str] = []
    door = (settings.http_host, settings.http_port) if _HTTP in (chosen or service.roles) else None
    try:
        async with waiting.told_of_draining(door, stopping, draining):
            await supervise(service, chosen or list(service.roles), stopping, draining=draining, ending=ending)
    finally:
        await service.close()


async def _build(
    build: Callable[[Settings], Awaitable[Service]], settings: Settings, stopping: asyncio.Event
) -> Service | None:
    """Return the wired service, or None when asked to stop first; raises RoleDied with the reason it can't be."""
    building: asyncio.Future[Service] = asyncio.ensure_future(_once_reached(build, settings))
    stop: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
    waited: list[asyncio.Future[Any]] = [building, stop]
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        return building.result() if building.done() else None
    except Exception as error:
        raise RoleDied(f"the service can't be started: {error!r}") from error
    finally:
        await ended(*waited)


async def _once_reached(build: Callable[[Settings], Awaitable[Service]], settings: Settings) -> Service:
    """Wire the service as soon as PostgreSQL takes it, and say so until then; what no retry can mend is raised."""
    missing: list[str] = []
    with contextlib.ExitStack() as saying:
        for attempt in itertools.count():
            try:
                return await build(settings)
            except Exception as error:
                # A file that is not there is no server that is not there.
                if not is_retryable(error) or getattr(error, "filename", None) is not None:
                    raise
                # What the server says of a login stands in the log; who asks without an account is told its kind.
                missing[:] = [f"PostgreSQL: {type(error).__name__}"]
                if attempt == 0:
                    metrics.DEPENDENCY_UP.labels("postgres").set(0)
                    saying.enter_context(waiting.told(settings.http_host, settings.http_port, missing))
                _log.warning("the service waits for PostgreSQL", error=repr(error))
            await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError("not reached")


async def supervise(
    service: Service,
    roles: Sequence[str],
    stopping: asyncio.Event,
    *,
    restarts: Restarts | None = None,
    draining: list[str] | None = None,
    ending: Ending | None = None,
) -> None:
    """Run `roles` until `stopping` is set, then wait for them to finish; `draining` holds then what is waited for.

    A role that dies is started again beside the others: one that can't read its topics must not take the commands of all regulators
    with it. Raises RoleDied when one dies again and again, or ends without being asked; `ending` begins before others are waited for.
    """
    restarts = restarts or Restarts()
    tasks: dict[asyncio.Future[Any], str] = {
        asyncio.ensure_future(service.roles[role](stopping)): role for role in roles
    }
    stop: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
    _log.info("roles started", roles=list(roles))
    try:
        while not stopping.is_set():
            done, _ = await asyncio.wait({*tasks, stop}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stop}:
                if stopping.is_set():
                    break
                _start_again(service, tasks, task, stopping, restarts)
        _log.info("stopping")
        await _drained(tasks, [] if draining is None else draining)
    except RoleDied as death:
        _log.critical("role has died for good", reason=str(death), exc_info=death)
        raise
    finally:
        if ending is not None:
            ending.begins()
        stopping.set()
        await ended(*tasks, stop, again=_AGAIN_SECONDS)


def _start_again(
    service: Service,
    tasks: dict[asyncio.Future[Any], str],
    task: asyncio.Future[Any],
    stopping: asyncio.Event,
    allowed: Restarts,
) -> None:
    """Put another task in the place of one whose role died. Raises RoleDied where it may not be, or wasn't asked to end."""
    role = tasks[task]
    if _exception(task) is None or role in service.once or not allowed.another(role):
        raise RoleDied(_describe(role, task)) from _exception(task)
    metrics.ROLE_DEATHS.labels(role).inc()
    _log.error("role is started again", role=role, exc_info=_exception(task))
    del tasks[task]
    tasks[asyncio.ensure_future(_again(service.roles[role], stopping))] = role


async def _drained(tasks: Mapping[asyncio.Future[Any], str], told: list[str]) -> None:
    """Wait for the roles to end; `told` says which are waited for. Raises RoleDied for one that died, or doesn't end in time."""
    unfinished = set(tasks)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_SECONDS):
            while unfinished:
                told[:] = [f"draining: {', '.join(sorted(tasks[task] for task in unfinished))}"]
                _, unfinished = await asyncio.wait(unfinished, return_when=asyncio.FIRST_COMPLETED)
    if unfinished:
        raise RoleDied(f"{', '.join(tasks[task] for task in unfinished)} did not stop within the grace time")
    for task, role in tasks.items():
        if _exception(task) is not None:
            raise RoleDied(_describe(role, task)) from _exception(task)


async def _again(role: Role, stopping: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PAUSE_SECONDS):
            await stopping.wait()
    if not stopping.is_set():
        await role(stopping)


def _exception(task: asyncio.Future[Any]) -> BaseException | None:
    return None if task.cancelled() else task.exception()


def _describe(role: str, task: asyncio.Future[Any]) -> str:
    error = _exception(task)
    return f"role {role} ended by itself" if error is None else f"role {role} died: {error!r}"


async def together(runs: Sequence[Role], stopping: asyncio.Event) -> None:
    """Run these as one role: when one of them dies, all end, and the role has died."""
    async with asyncio.TaskGroup() as group:
        for run in runs:
            group.create_task(_await(run(stopping)))


async def _await(work: Awaitable[None]) -> None:
    await work
