"""Provisioning tables that hold rows of before which break a new constraint: all else is done, and then they are told."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest

from deploy.docker import provision
from deploy.local import ephemeral, settings
from deploy.local.trouble import Trouble

pytestmark = pytest.mark.servers

# Under a name that the files know, as a release leaves it that finds such rows.
BROKEN = "ALTER TABLE schema_migration ADD CONSTRAINT api_key_area_check CHECK (name = '') NOT VALID"
RIGHT = "ALTER TABLE schema_migration DROP CONSTRAINT api_key_area_check"


async def do(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement)
    await connection.close()


async def exit_code(environ: Mapping[str, str]) -> int | None:
    """How the step ends as a process of its own, and so a cluster's job."""
    step = [sys.executable, "-m", "deploy.docker.provision"]
    process = await asyncio.create_subprocess_exec(*step, env=os.environ | environ, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait()


async def test_what_may_still_be_given_is_no_reason_to_give_up(tmp_path: Path) -> None:
    assert await exit_code({"DUBAN_HOME": str(tmp_path), "DUBAN_POSTGRES_DSN": "postgresql://db/postgres"}) == 1


async def test_rows_that_break_a_new_constraint_keep_no_other_step_from_its_work_and_are_told_at_the_end(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    services = settings.load({}).services
    environ = {f"DUBAN_{name.upper()}_PASSWORD": f"p@ss/{name}" for name in (*services, "vault")}
    with ephemeral.postgres(durable=False) as server:
        environ |= {
            "DUBAN_POSTGRES_DSN": server.dsn,
            "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
            "DUBAN_TOPIC_PREFIX": topic_prefix,
            "DUBAN_TOPIC_REPLICATION": "1",
            "DUBAN_HOME": str(tmp_path),
        }
        await provision.everything(environ)
        dsns = provision.service_dsns(services, environ)
        for name, dsn in dsns.items():
            await do(dsn, "DELETE FROM api_key")
            await do(dsn, BROKEN if name in {"ledger", "scheduler"} else "SELECT")
        last = {"DUBAN_CHECKPOINT_KEY": str(tmp_path / "checkpoints" / "key.pem")}
        with pytest.raises(Trouble) as told:
            await provision.everything(environ | last)
        for name in ("ledger", "scheduler"):
            assert f"in the database of {name} rows that were there break api_key_area_check" in told.value.what
        assert told.value.remedy == "Put these rows right, then run it again."
        assert (tmp_path / "checkpoints" / "key.pub").exists()
        assert await exit_code(environ | last) == provision.LASTING, "and no job tries that again"
        for dsn in dsns.values():
            connection = await asyncpg.connect(dsn)
            assert await connection.fetchval("SELECT count(*) FROM api_key") > 0
            await connection.close()
        for name in ("ledger", "scheduler"):
            await do(dsns[name], RIGHT)
        await provision.everything(environ | last)
