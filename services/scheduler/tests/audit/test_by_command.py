"""`duban audit` as operations run it, against the scheduler's own routes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

import httpx
import pytest

from deploy.local.ports import free_ports
from services.chassis.assembly import Platform
from services.chassis.testing.in_process import working
from services.chassis.testing.kafka import eventually
from services.chassis.testing.workers import ROOT
from services.chassis.web.server import serve
from services.scheduler.settings import Settings
from services.scheduler.tests.office import PEOPLE
from services.scheduler.tests.serving import app_on


@pytest.mark.promise("P3")
@pytest.mark.usefixtures("office")
async def test_the_three_audits_are_asked_at_once_and_a_key_without_the_right_is_refused(
    platform: Platform[Settings],
) -> None:
    (port,) = free_ports(1)
    app = app_on(platform)
    async with working(lambda stopping: serve(app, host="127.0.0.1", port=port, stopping=stopping)):
        await eventually(lambda: _is_up(port))
        code, told = await asyncio.to_thread(audit, port, "office")
        assert [each["audit"] for each in told["audits"]] == ["到期督办", "任务", "排期"]
        assert code == (0 if all(each["sound"] for each in told["audits"]) else 3)
        code, told = await asyncio.to_thread(audit, port, "county")
    assert (code, told["exit"], told["said"][0][0]) == (1, 1, "✗")


async def _is_up(port: int) -> None:
    async with httpx.AsyncClient() as client:
        try:
            assert (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200
        except httpx.ConnectError as error:
            raise AssertionError("not listening yet") from error


def audit(port: int, who: str) -> tuple[int, dict[str, Any]]:
    place = {"DUBAN_SCHEDULER_URL": f"http://127.0.0.1:{port}", "DUBAN_KEY": PEOPLE[who].token}
    command = [sys.executable, "-m", "services.cli.command_line", "audit", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | place, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)
