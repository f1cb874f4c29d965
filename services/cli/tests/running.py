"""The `duban` command, run by tests against their own servers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import httpx
from typer.testing import CliRunner

from services.chassis.consuming import dead_letters
from services.chassis.consuming.dead_letters import DeadLetter
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually, publish, read_records
from services.chassis.testing.workers import ROOT, rectified
from services.chassis.web.app import create_app
from services.chassis.web.server import serve
from services.cli.command_line import app


class Duban:
    """Runs the command against one test's servers."""

    def __init__(self, in_process: InProcess, dsn: str) -> None:
        self.environment = {
            **os.environ,
            "DUBAN_KAFKA_BOOTSTRAP": in_process.bootstrap,
            "DUBAN_TOPIC_PREFIX": in_process.prefix,
            "DUBAN_LEDGER_DSN": dsn,
            "COLUMNS": "200",
        }

    def __call__(self, *arguments: str) -> tuple[int, str]:
        run = subprocess.run(
            [sys.executable, "-m", "services.cli.command_line", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
        )
        return run.returncode, run.stdout + run.stderr


class InThisProcess(Duban):
    """Runs the command in a thread: a second less for each, and the same words."""

    def __call__(self, *arguments: str) -> tuple[int, str]:
        with ThreadPoolExecutor(1) as thread:
            ended = thread.submit(CliRunner().invoke, app, arguments, env=self.environment).result()
        if ended.exception and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return ended.exit_code, ended.output


async def letter(in_process: InProcess, reason: str = "[/b] 不合规则 [red]") -> int:
    """Keep one dead letter of an event that really stands in the topic; return its number."""
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified("K1", measures="正文")])
    record = (await read_records(in_process.bootstrap, f"{in_process.prefix}in"))[-1]
    async with in_process.database.transaction() as connection:
        assert await dead_letters.write(connection, "worker", in_process.prefix, DeadLetter(record, "no-good", reason))
    number: int = await in_process.value("SELECT max(id) FROM dead_letter")
    return number


@asynccontextmanager
async def listening(in_process: InProcess, port: int) -> AsyncIterator[None]:
    app = create_app("t", title="t", database=in_process.database)
    async with working(lambda stopping: serve(app, host="127.0.0.1", port=port, stopping=stopping)):

        async def up() -> None:
            async with httpx.AsyncClient() as client:
                try:
                    assert (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
                except httpx.ConnectError as error:
                    raise AssertionError("not listening yet") from error

        await eventually(up)
        yield
