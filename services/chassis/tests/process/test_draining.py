"""A process that was asked to stop and still has something in hand says so: measured, alive, and not ready."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Final

import httpx
import pytest

from deploy.local.ports import free_ports
from services.chassis.testing.kafka import eventually
from services.chassis.testing.workers import ROOT

pytestmark = pytest.mark.servers

# HTTP ends when it is asked to, the consumer when a file is there.
_SERVICE: Final = """
import asyncio, os
from pathlib import Path
from fastapi import FastAPI
from services.chassis.process import service
from services.chassis.process.settings import ServiceSettings
from services.chassis.web.server import serve

app = FastAPI()

@app.get("/readyz")
async def ready(): return {"status": "ready"}

async def consumer(stopping):
    await stopping.wait()
    while not Path(os.environ["MAY_END"]).exists():
        await asyncio.sleep(0.02)

async def closed(): pass

async def build(settings):
    http = lambda stopping: serve(app, host=settings.http_host, port=settings.http_port, stopping=stopping)
    return service.Service("example", {"http": http, "consumer": consumer}, closed)

service._GRACE_SECONDS = 600
service.run("example", ServiceSettings, build)
"""


async def test_a_process_that_drains_answers_until_its_last_role_has_ended(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    told = {"DUBAN_KAFKA_BOOTSTRAP": "x:1", "DUBAN_POSTGRES_DSN": "postgresql://x", "DUBAN_HTTP_PORT": str(port)}
    environment = {**os.environ, **told, "MAY_END": str(tmp_path / "end")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SERVICE, cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False) as client:

        async def says(status: int) -> httpx.Response:
            try:
                answer = await client.get("/readyz")
            except httpx.TransportError as error:
                raise AssertionError("nobody answers") from error
            assert answer.status_code == status
            return answer

        try:
            await eventually(lambda: says(200))
            process.send_signal(signal.SIGTERM)
            answer = await eventually(lambda: says(503))
            asked = await client.get("/v1/hazards")
            assert (asked.status_code, asked.headers["retry-after"]) == (503, "5")
            assert (await client.get("/healthz")).json() == {"status": "ok"}
            assert 'duban_role_deaths_total{role="consumer"} 0.0' in (await client.get("/metrics")).text

            async def waits_for_the_consumer_alone() -> None:
                assert (await says(503)).json()["missing"] == ["draining: consumer"]

            assert answer.json()["missing"][0].startswith("draining: consumer")
            await eventually(waits_for_the_consumer_alone)
            assert process.returncode is None
        finally:
            (tmp_path / "end").touch()
            ended = await asyncio.wait_for(process.wait(), 600)
    assert ended == 0
