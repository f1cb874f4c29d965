"""What breaks: each a block, broken when it is entered and healed when it is left."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Final

import psutil

from deploy.local import provision
from deploy.local.settings import ROOT
from tests.chaos.night import clock
from tests.chaos.night.stage import Stage
from tests.deploy import lights

Fault = Callable[[Stage], AbstractContextManager[None]]
_LIVES: Final = 5
_LIFE_SECONDS: Final = 120  # until Prometheus has seen the next one
_SEEN_SECONDS: Final = 90  # after which an alert about what is a minute old would fire


def stopped(*services: str) -> Fault:
    """Every process of these services, or of PostgreSQL, is down."""

    @contextlib.contextmanager
    def fault(stage: Stage) -> Iterator[None]:
        names = [name for each in services for name in _named(stage, each)]
        stage.stop(*names)
        try:
            yield
        finally:
            stage.start(*names)

    return fault


def frozen(*services: str) -> Fault:
    """Every process of these services, or Kafka's, stands still and answers nobody."""

    @contextlib.contextmanager
    def fault(stage: Stage) -> Iterator[None]:
        names = [name for each in services for name in _named(stage, each)]
        processes = stage.frozen(*names)
        try:
            yield
        finally:
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()

    return fault


def locked(service: str, table: str) -> Fault:
    """Somebody's session holds a lock under which nobody writes to a table, everybody reads."""

    @contextlib.contextmanager
    def fault(stage: Stage) -> Iterator[None]:
        with beside(lights.locked(stage.superuser(service), table)):
            yield

    return fault


def said(service: str, wrong: tuple[str, ...], right: tuple[str, ...]) -> Fault:
    """Statements of the superuser's that break a service's database, and those that mend it."""

    @contextlib.contextmanager
    def fault(stage: Stage) -> Iterator[None]:
        stage.sql(service, *wrong)
        try:
            yield
        finally:
            stage.sql(service, *right)

    return fault


def shut_out(service: str) -> Fault:
    """PostgreSQL lives, and takes nobody of this one service: its role may not log in."""

    @contextlib.contextmanager
    def fault(stage: Stage) -> Iterator[None]:
        stage.sql(service, f"ALTER ROLE duban_{service} NOLOGIN")
        stage.cut(service)
        try:
            yield
        finally:
            stage.sql(service, f"ALTER ROLE duban_{service} LOGIN")

    return fault


@contextlib.contextmanager
def dying(stage: Stage) -> Iterator[None]:
    """One gateway is killed as soon as it lives, again and again."""
    victim = stage.processes("gateway")[1]
    port = stage.settings.instances("gateway")[1].port
    started = f'process_start_time_seconds{{instance=~".*:{port}"}}'
    for _ in range(_LIVES):
        before = stage.watch.value(started)
        stage.kill(victim)
        deadline = time.monotonic() + _LIFE_SECONDS
        while time.monotonic() < deadline and stage.watch.value(started) in {None, before}:
            time.sleep(0.5)
    yield


def receivers(*broken: str) -> Fault:
    """Other receivers stand in the place of the city's: without the mail server, or refusing one county's webhooks."""

    @contextlib.contextmanager
    def fault(stage: Stage) -> Iterator[None]:
        settings = stage.settings
        stage.stop("receivers")
        broken_now = [each.format(county=stage.life.counties[4]) for each in broken]
        command = [
            *(sys.executable, "-m", "tests.chaos.night.receivers", str(settings.home / "received")),
            *(str(settings.port("smtp")), str(settings.port("webhook")), provision.webhook_secret(settings)),
            *broken_now,
        ]
        process = subprocess.Popen(command, cwd=ROOT)
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)
            stage.start("receivers")

    return fault


@contextlib.contextmanager
def relay_moves(stage: Stage) -> Iterator[None]:
    """Every session of the gateway's and the ledger's is cut a few times: their relays' lock goes to the other process."""
    for _ in range(3):
        for service in ("gateway", "ledger"):
            stage.cut(service)
        time.sleep(5)
    time.sleep(_SEEN_SECONDS)
    yield


@contextlib.contextmanager
def clocks_apart(stage: Stage) -> Iterator[None]:
    """Kafka's clock is three seconds ahead of the services'."""
    clock.move(stage.settings.home, 3)
    try:
        yield
    finally:
        clock.move(stage.settings.home, 0)


@contextlib.contextmanager
def deaf_desk(stage: Stage) -> Iterator[None]:
    """The duty desk answers Alertmanager's calls with 503, while one gateway is down so that there is something to say."""
    with stopped("gateway")(stage):
        stage.desk.closed = True
        try:
            yield
        finally:
            stage.desk.closed = False


@contextlib.contextmanager
def beside(held: AbstractAsyncContextManager[None]) -> Iterator[None]:
    """Hold something asynchronous in a thread of its own for as long as the block lasts."""
    entered: Future[None] = Future()
    leave = threading.Event()

    async def hold() -> None:
        async with held:
            entered.set_result(None)
            await asyncio.to_thread(leave.wait)

    with ThreadPoolExecutor(max_workers=1) as pool:
        holding = pool.submit(asyncio.run, hold())
        wait((entered, holding), return_when=FIRST_COMPLETED)
        try:
            if entered.done():
                yield
        finally:
            leave.set()
            holding.result()


def _named(stage: Stage, part: str) -> list[str]:
    if part == "kafka":
        return stage.brokers()
    return stage.processes(part) if part in stage.settings.services else [part]
