"""A second server made of the backups, and the drill that compares it, while the first goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from deploy.local import ephemeral
from deploy.local.backup import Archive
from deploy.local.ephemeral import PostgresServer
from deploy.local.ports import free_ports
from deploy.local.tests.archived import archived
from services.cli.command_line import app

# One server for both: whoever runs one of them runs the other.
pytestmark = [pytest.mark.servers, pytest.mark.promise("P1"), pytest.mark.xdist_group("beside")]

# What the drill looks at, of the five services' tables; that these have the columns is another test's.
TABLES = """
    CREATE TABLE receipt (position bigserial, receipt_id uuid DEFAULT gen_random_uuid(), county text DEFAULT '140502');
    CREATE TABLE hazard (hazard_id uuid DEFAULT gen_random_uuid(), number text, registered_at timestamptz DEFAULT now());
    CREATE TABLE hazard_history (position bigserial, event_id uuid DEFAULT gen_random_uuid(), digest bytea DEFAULT '');
    CREATE TABLE letter (position bigserial, letter_id uuid DEFAULT gen_random_uuid(), number text);
    CREATE TABLE hazard_step (hazard_id text, version bigint, county text, sector text, grade text, state text,
                              occurred_at timestamptz DEFAULT now());
"""
FILLED = """
    INSERT INTO receipt DEFAULT VALUES; INSERT INTO hazard (number) VALUES ('A1'); INSERT INTO hazard_history DEFAULT VALUES;
    INSERT INTO letter (number) VALUES ('L1'); INSERT INTO hazard_step VALUES ('h', 1, '140502', 's', 'g', 'open');
"""


@pytest.fixture(scope="module")
def city() -> Iterator[tuple[PostgresServer, Archive]]:
    """An archived server with a base backup, and what came before and after it."""
    with archived() as (running, archive):
        ephemeral.in_own_loop(execute(running, TABLES + FILLED))
        archive.take()
        ephemeral.in_own_loop(execute(running, FILLED))
        yield running, archive


async def execute(running: PostgresServer, statements: str) -> str:
    """Execute in one transaction; return the server's time afterwards."""
    connection = await asyncpg.connect(running.dsn)
    try:
        await connection.execute(statements)
        told: str = await connection.fetchval("SELECT clock_timestamp()::text")
        return told
    finally:
        await connection.close()


def duban(city: tuple[PostgresServer, Archive], *words: str, asked: str = "") -> tuple[int, dict[str, Any]]:
    running, archive = city
    services = ("GATEWAY", "LEDGER", "SCHEDULER", "NOTIFICATIONS", "STATISTICS")
    account = running.server.account
    told = {
        **{f"DUBAN_{name}_DSN": running.dsn for name in services},
        "DUBAN_BACKUPS": str(archive.directory),
        "DUBAN_BACKUP_DSN": running.dsn,
        "DUBAN_POSTGRES_PROGRAMS": str(running.server.binaries),
        **({"DUBAN_POSTGRES_ACCOUNT": account.name} if account else {}),
    }
    ended = CliRunner().invoke(app, [*words, "--json"], env=told, input=asked)
    return ended.exit_code, json.loads(ended.stdout)


def test_a_drill_brings_everything_back_beside_the_platform_and_says_how_long_that_took(
    city: tuple[PostgresServer, Archive],
) -> None:
    code, told = duban(city, "drill", "--port", str(free_ports(1)[0]))
    assert (code, told["said"][-1]) == (0, "✓ 没有丢失，内容一致"), told
    assert [each["thing"] for each in told["things"]] == ["receipts", "numbers", "history", "letters", "figures"]
    assert all(each["rows"] == each["restored"] >= 2 and each["same"] for each in told["things"])
    assert told["drill"]["seconds"] > 0
    assert told["drill"]["through"] is not None
    assert duban(city, "backup", "take")[0] == 0
    assert len(duban(city, "backup", "list")[1]["backups"]) >= 2


def test_what_a_mistake_changed_is_found_beside_as_it_was_and_a_drill_against_it_says_what_is_missing(
    city: tuple[PostgresServer, Archive], tmp_path: Path
) -> None:
    running, _ = city
    before = ephemeral.in_own_loop(execute(running, "SELECT 1"))
    ephemeral.in_own_loop(execute(running, "UPDATE hazard SET number = 'B' || number"))
    ephemeral.in_own_loop(execute(running, FILLED))
    port = free_ports(1)[0]
    into = running.server.base / "beside"
    assert duban(city, "restore", "--into", str(into), "--until", "2020-01-01 08:00:00+08")[0] == 1, "none is that old"
    assert duban(city, "restore", "--into", str(into), "--until", "2020-01-01 08:00:00")[0] == 2, "of which zone?"
    code, told = duban(city, "restore", "--into", str(into), "--until", before, "--port", str(port))
    assert code == 0, told
    try:
        numbers = ephemeral.in_own_loop(numbers_at(port, running))
        assert numbers == ["A1", "A1"]
        noted = duban(city, "drill", "--note")[1]["noted"]
        file = tmp_path / "noted.json"
        file.write_text(noted)
        code, told = duban(city, "drill", "--against", f"127.0.0.1:{port}", "--noted", str(file))
        found = {each["thing"]: (each["missing"], each["same"]) for each in told["things"]}
        assert (code, found["receipts"], found["numbers"]) == (1, (1, False), (1, False))
    finally:
        stop(into)
    assert (into / "data" / "PG_VERSION").exists()


def test_a_log_that_can_not_be_read_to_its_end_is_no_database_that_lacks_the_rest(
    city: tuple[PostgresServer, Archive],
) -> None:
    running, archive = city
    elsewhere = running.server.base / "elsewhere"
    (elsewhere / "wal").mkdir(parents=True)
    (elsewhere / "base").symlink_to(archive.directory / "base")
    for segment in archive.wal.iterdir():
        # What was committed after the base backup stands in the segment that is still being written.
        if segment.suffix == ".partial":
            (elsewhere / "wal" / segment.name).mkdir()
        else:
            shutil.copyfile(segment, elsewhere / "wal" / segment.name)
    archive.programs.own(elsewhere / "wal")
    into = running.server.base / "short"
    code, told = duban((running, replace(archive, directory=elsewhere)), "restore", "--into", str(into))
    assert (code, told["said"][-1].startswith("✗ 没有恢复")) == (1, True), told


def stop(into: Path) -> None:
    """Do what the command says is done at the end."""
    os.kill(int((into / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGINT)


async def numbers_at(port: int, running: PostgresServer) -> list[str]:
    connection = await asyncpg.connect(running.dsn, port=port)
    try:
        return [row["number"] for row in await connection.fetch("SELECT number FROM hazard ORDER BY number")]
    finally:
        await connection.close()
