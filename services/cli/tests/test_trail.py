"""`duban trail`: whether a service's trail is whole, and what it says."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from deploy.local.ephemeral import in_own_loop
from services.chassis.process.clock import SystemClock
from services.chassis.storage import trail
from services.chassis.storage.database import connect
from services.chassis.storage.schema import migrate
from services.chassis.storage.trail import Outcome, TrailRow
from services.chassis.trail.keeping import take_over
from services.chassis.trail.sealing import seal_all
from services.cli.command_line import app

pytestmark = [pytest.mark.feature("SY66")]


def duban(*words: str) -> Result:
    return CliRunner().invoke(app, ["trail", *words])


@pytest.fixture
def dsn(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The database of a ledger whose trail has three sealed rows, and was taken over from its role."""
    monkeypatch.setenv("DUBAN_LEDGER_DSN", database)
    role = f"r_{secrets.token_hex(6)}"
    in_own_loop(_fill(database, tmp_path))
    in_own_loop(_give(database, role))
    yield database
    in_own_loop(_forget(database, role))


async def _fill(dsn: str, no_migrations: Path) -> None:
    await migrate(dsn, no_migrations)
    opened = await connect(dsn, application_name="test")
    rows = [
        TrailRow(at=datetime.now(UTC), action="ledger.hazards.close", outcome=Outcome.DONE, events=[f"e{nth}"])
        for nth in range(3)
    ]
    async with opened.transaction() as connection:
        await trail.write(connection, rows)
    await seal_all(opened, SystemClock())
    await opened.close()


async def _give(dsn: str, role: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"CREATE ROLE {role}")
    await connection.execute(f"ALTER TABLE schema_migration OWNER TO {role}")
    await connection.close()
    await take_over(dsn, role)


async def _forget(dsn: str, role: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER")
    await connection.execute(f"DROP OWNED BY {role}")
    await connection.execute(f"DROP ROLE {role}")
    await connection.close()


async def _hand_back(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("GRANT UPDATE ON trail.act TO PUBLIC")
    await connection.close()


async def _tamper(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("UPDATE trail.act SET account = 'somebody' WHERE position = 2")
    await connection.close()


def test_verify_says_whether_the_trail_is_whole_and_where_it_isnt(dsn: str) -> None:
    whole = duban("verify", "ledger")
    assert (whole.exit_code, whole.output.splitlines()[0]) == (0, "✓ 留痕完整：3 条，1 个封条，0 条待封")
    head, _, since = whole.output.splitlines()[1].split()[1].partition("，")
    assert since == "封于"
    assert duban("verify", "ledger", "--expect-head", head).exit_code == 0
    other = "1:" + "0" * 64
    assert "被截断" in duban("verify", "ledger", "--expect-head", other).output
    assert duban("verify", "ledger", "--expect-head", "nonsense").exit_code == 2
    in_own_loop(_tamper(dsn))
    broken = duban("verify", "ledger")
    assert (broken.exit_code, broken.output.splitlines()[0]) == (1, "✗ 第 2 条被改动")


def test_verify_says_when_the_trail_is_in_the_services_hands(dsn: str) -> None:
    in_own_loop(_hand_back(dsn))
    told = duban("verify", "ledger")
    assert told.exit_code == 1
    assert "还在服务自己手中" in told.output.splitlines()[0]


@pytest.mark.usefixtures("dsn")
def test_an_export_holds_every_row_in_either_format() -> None:
    lines = [json.loads(line) for line in duban("export", "ledger").output.splitlines()]
    assert [line["position"] for line in lines] == [3, 2, 1]
    (line,) = duban("export", "ledger", "--event", "e1").output.splitlines()
    assert json.loads(line)["position"] == 2
    text = duban("export", "ledger", "--format", "csv").output.splitlines()
    assert text[0].lstrip("\ufeff").startswith("position,at,account")
    assert len(text) == 4


@pytest.mark.usefixtures("dsn")
def test_pruning_keeps_366_days_at_least() -> None:
    assert duban("prune", "ledger", "--as", "operator-1", "--keep-days", "30").exit_code == 2
    assert "已清理 0 条" in duban("prune", "ledger", "--as", "operator-1").output
