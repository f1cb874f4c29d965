"""A process that was asked to stop and still has something in hand says so: measured, alive, and not ready."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from deploy.local.ports import free_ports
from services.chassis.testing.kafka import eventually
from services.chassis.testing.workers import ROOT

pytestmark = pytest.mark.servers

# HTTP ends when it is asked to, the consumer when a file is there; one that is stubborn never, whoever cancels it. The mortal dies
# when another file is there, and is not started again.
_SERVICE: Final = """
import asyncio, os
from pathlib import Path
from fastapi import FastAPI
from services.chassis.process import ending, service
from services.chassis.process.settings import ServiceSettings
from services.chassis.web.server import serve

app = FastAPI()

@app.get("/readyz")
async def ready(): return {"status": "ready"}

async def mortal(stopping):
    while not Path(os.environ["MAY_END"] + ".mortal").exists():
        await asyncio.sleep(0.02)
        if stopping.is_set():
            return
    raise RuntimeError("of itself")

async def consumer(stopping):
    while not (stopping.is_set() and Path(os.environ["MAY_END"]).exists()):
        try:
            await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            if "STUBBORN" not in os.environ:
                raise

async def closed(): pass

async def build(settings):
    http = lambda stopping: serve(app, host=settings.http_host, port=settings.http_port, stopping=stopping)
    roles = {"http": http, "consumer": consumer, "mortal": mortal}
    return service.Service("example", roles, closed, once=frozenset({"mortal"}))

service._GRACE_SECONDS = float(os.environ["GRACE"])
ending._LEAVING_SECONDS = 0.1
service.run("example", ServiceSettings, build)
"""


@asynccontextmanager
async def process(directory: Path, **told: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    """Run the service, and let it end at the block's end."""
    (port,) = free_ports(1)
    settings = {"DUBAN_KAFKA_BOOTSTRAP": "x:1", "DUBAN_POSTGRES_DSN": "postgresql://x", "DUBAN_HTTP_PORT": str(port)}
    environment = {**os.environ, **settings, "MAY_END": str(directory / "end"), **told}
    with (directory / "log").open("wb") as log:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _SERVICE, cwd=ROOT, env=environment, stdout=log
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False) as client:
            await eventually(lambda: says(client, 200))
            yield started, client
    finally:
        (directory / "end").touch()
        await asyncio.wait_for(started.wait(), 600)


async def says(client: httpx.AsyncClient, status: int) -> httpx.Response:
    try:
        answer = await client.get("/readyz")
    except httpx.TransportError as error:
        raise AssertionError("nobody answers") from error
    assert answer.status_code == status
    return answer


async def test_a_process_that_drains_answers_until_its_last_role_has_ended(tmp_path: Path) -> None:
    async with process(tmp_path, GRACE="600") as (draining, client):
        draining.send_signal(signal.SIGTERM)

        async def waits_for_the_consumer_alone() -> None:
            assert (await says(client, 503)).json()["missing"] == ["draining: consumer"]

        await eventually(waits_for_the_consumer_alone)
        asked = await client.get("/v1/hazards")
        assert (asked.status_code, asked.headers["retry-after"]) == (503, "5")
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert 'duban_role_deaths_total{role="consumer"} 0.0' in (await client.get("/metrics")).text
        assert draining.returncode is None
    assert draining.returncode == 0


async def test_a_process_ends_though_something_in_it_swallows_every_cancellation(tmp_path: Path) -> None:
    async with process(tmp_path, GRACE="0.1", STUBBORN="yes") as (held, _):
        held.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(held.wait(), 600) == 70


@pytest.mark.parametrize("then", [[], [signal.SIGTERM]])
async def test_a_process_of_which_a_role_died_ends_though_another_holds_it(
    tmp_path: Path, then: list[signal.Signals]
) -> None:
    async with process(tmp_path, GRACE="2", STUBBORN="yes") as (held, _):
        (tmp_path / "end.mortal").touch()

        async def says_so_before_it_waits() -> None:
            assert "role has died for good" in (tmp_path / "log").read_text()

        await eventually(says_so_before_it_waits)
        for number in then:
            # On a busy machine it may have ended by now.
            with contextlib.suppress(ProcessLookupError):
                held.send_signal(number)
        assert await asyncio.wait_for(held.wait(), 600) == 70
