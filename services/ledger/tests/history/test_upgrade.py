"""The history is opened to accidents beside writers: the migration takes its locks in the order in which they come."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from duban_contracts.testing.calendar import local
from services.chassis.storage.schema import migrate
from services.chassis.testing.kafka import eventually
from services.ledger.bootstrap import MIGRATIONS, SLICES

pytestmark = pytest.mark.promise("P4")
_ID: Final = "019aa000-0000-7000-8000-000000000001"
_HAZARD: Final = """
INSERT INTO hazard (hazard_id, number, county, reference, reference_key, channel, sector, state, enterprise_name, place,
                    description, found_on, registered_at, changed_at, version, head)
VALUES ($1, '140502-2026-000001', '140502', 'AQ-1', 'AQ-1', 'inspection', 'hazchem', 'reported', '甲', '乙', '丙',
        '2026-06-01', $2, $2, 1, $3)"""
_RECORD: Final = """
INSERT INTO hazard_history (hazard_id, version, event_id, type, time, cause_id, payload, digest)
VALUES ($1, 1, gen_random_uuid(), 'x', '', '', '', $2)"""


async def test_a_writer_that_holds_its_hazard_writes_its_history_while_the_migration_waits(
    database: str, tmp_path: Path
) -> None:
    before = tmp_path / "before"
    shutil.copytree(MIGRATIONS, before)
    (before / "accidents" / "0003_history.sql").unlink()
    await migrate(database, before, list(SLICES))
    writer, watcher = await asyncpg.connect(database), await asyncpg.connect(database)

    async def waits() -> None:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'hazard'::regclass"
        assert await watcher.fetchval(waiting) == 1

    try:
        await writer.execute(_HAZARD, _ID, local(1), bytes(32))
        async with writer.transaction():
            await writer.execute("SELECT FROM hazard WHERE hazard_id = $1 FOR UPDATE", _ID)
            migrating = asyncio.create_task(migrate(database, MIGRATIONS, list(SLICES)))
            await eventually(waits)
            # Raises where the migration holds the history, and each would wait for the other.
            await writer.execute("LOCK TABLE hazard_history IN ROW EXCLUSIVE MODE NOWAIT")
            await writer.execute(_RECORD, _ID, bytes(32))
        assert "accidents/0003_history.sql" in await migrating
    finally:
        await writer.close()
        await watcher.close()
