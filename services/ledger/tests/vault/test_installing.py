"""Installing the vault again: beside who reads, and so that nothing that was changed by hand stays."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from services.chassis.storage.schema import MigrationError, RowsBreakConstraint
from services.ledger.tests.vaults import InstalledVault
from services.ledger.vault.tables import schema
from services.ledger.vault.tables.schema import install

pytestmark = pytest.mark.feature("SY34")
_POLICIES = "SELECT tablename, policyname, roles, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2"


@pytest_asyncio.fixture
async def owner(vault: InstalledVault) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(vault.owner_dsn)
    yield connection
    await connection.close()


async def test_who_reads_does_not_wait_for_one_that_changes_nothing_nor_that_one_for_who_reads(
    vault: InstalledVault, owner: asyncpg.Connection[Any]
) -> None:
    async with owner.transaction():
        await owner.execute("SELECT FROM sealed_identity, lookup, lookup_step")
        async with asyncio.timeout(60):
            assert await install(vault.owner_dsn, vault.role) == []


async def test_a_policy_that_was_changed_by_hand_is_made_anew_and_gives_way_to_who_reads(
    vault: InstalledVault, owner: asyncpg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await owner.fetch(_POLICIES)
    assert len(made) == 6
    await owner.execute("ALTER POLICY readers ON sealed_identity USING (true)")
    await owner.execute("ALTER TABLE lookup DISABLE ROW LEVEL SECURITY")
    monkeypatch.setattr(schema, "_LOCK_SECONDS", 0.01)
    monkeypatch.setattr(schema, "_TRIES", 2)
    async with owner.transaction():
        await owner.execute("SELECT FROM sealed_identity")
        with pytest.raises(MigrationError):
            await install(vault.owner_dsn, vault.role)
    monkeypatch.undo()
    await install(vault.owner_dsn, vault.role)
    assert await owner.fetch(_POLICIES) == made
    assert await owner.fetchval("SELECT relrowsecurity FROM pg_class WHERE relname = 'lookup'")


async def test_every_table_of_the_vault_stands_behind_the_wall_or_is_nobodys_to_read(
    owner: asyncpg.Connection[Any],
) -> None:
    open_to_readers = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND NOT relrowsecurity"
    )
    # By the digests of names and numbers the service finds who is known; the other notes what was installed.
    assert {row["relname"] for row in open_to_readers} == {"blind_index", "schema_migration"}


async def test_rows_that_break_a_new_constraint_are_told_once_the_rights_are_divided(
    vault: InstalledVault, owner: asyncpg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(schema._MIGRATIONS / schema.SLICE, tmp_path / schema.SLICE)
    (tmp_path / schema.SLICE / "9999_named.sql").write_text(
        "ALTER TABLE schema_migration ADD CONSTRAINT last_alone CHECK (name > 'vault/9998') NOT VALID;",
        encoding="utf-8",
    )
    monkeypatch.setattr(schema, "_MIGRATIONS", tmp_path)
    await owner.execute("ALTER POLICY readers ON sealed_identity USING (true)")
    with pytest.raises(RowsBreakConstraint, match="last_alone of schema_migration") as broken:
        await install(vault.owner_dsn, vault.role)
    assert broken.value.applied == ["vault/9999_named.sql"]
    assert await owner.fetchval("SELECT qual FROM pg_policies WHERE tablename = 'sealed_identity'") != "true"
