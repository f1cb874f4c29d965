"""The vault is kept: keys are rotated while it is used, identities go when their time is over, and nobody else gets in."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from services.chassis.publishing.envelopes import uuid7_text
from services.chassis.testing.clock import ManualClock
from services.ledger.tests.in_process import NOON, InProcess
from services.ledger.tests.tips.saying import does, received
from services.ledger.tests.vaults import InstalledVault
from services.ledger.tips.handlers.keeping import let_go
from services.ledger.vault.handlers.keeping import rewrap_some
from services.ledger.vault.handlers.keys import KeyFile
from services.ledger.vault.handlers.seal import same_person, seal
from services.ledger.vault.handlers.vault import Vault
from services.ledger.vault.model import envelope, keyring
from services.ledger.vault.model.identity import Identity
from services.ledger.vault.tables import records
from services.ledger.vault.tables.schema import RIGHTS, install

PERSON = Identity(name="举报人乙（虚构）", phone="13700000001")


async def opened(vault: Vault, subject: str) -> Identity | None:
    async with vault.transaction() as connection:
        found = await records.find(connection, subject)
    return envelope.open_sealed(subject, found.envelope, vault.keyring()) if found and found.envelope else None


@pytest.mark.feature("SY34")
@pytest.mark.promise("P8")
async def test_keys_are_rotated_under_a_running_vault_and_the_old_one_can_go(vault: InstalledVault) -> None:
    running = Vault(vault.dsn, vault.keys)
    before, after = uuid7_text(), uuid7_text()
    assert await seal(running, before, PERSON, kind="test", at=NOON)
    file = KeyFile(vault.keys)
    old = file.keyring().active
    file.write(keyring.rotated(file.keyring(), f"k-{secrets.token_hex(4)}", os.urandom(32)))
    assert await seal(running, after, PERSON, kind="test", at=NOON)
    assert [await opened(running, subject) for subject in (before, after)] == [PERSON, PERSON]
    while True:
        async with running.transaction() as connection:
            if not await rewrap_some(connection, running.keyring()):
                break
    async with running.transaction() as connection:
        assert old not in await records.count_by_key(connection)
    file.write(keyring.retired(file.keyring(), old))
    assert [await opened(running, subject) for subject in (before, after)] == [PERSON, PERSON]
    await running.close()


async def test_a_subject_is_sealed_once(vault: InstalledVault) -> None:
    running, subject = Vault(vault.dsn, vault.keys), uuid7_text()
    assert await seal(running, subject, PERSON, kind="test", at=NOON)
    assert not await seal(running, subject, Identity(name="别人（虚构）"), kind="test", at=NOON)
    assert await opened(running, subject) == PERSON
    await running.close()


@pytest.mark.feature("SY34")
async def test_identities_of_ended_tips_and_of_no_tip_go_and_leave_tombstones(ledger: InProcess) -> None:
    ended, running = [(await received(ledger))["tip_id"] for _ in range(2)]
    await does(ledger, f"/v1/tips/{ended}/refute", "county", {"visited_on": "2026-06-01", "visit": "未见"})
    office = ledger.office
    assert office.vault is not None
    orphan = uuid7_text()
    await seal(office.vault, orphan, PERSON, kind="tip", at=NOON)

    async def let_go_after(**later: int) -> None:
        clock = ManualClock(NOON + timedelta(**later))
        await let_go(ledger.database, office=replace(office, ledger=replace(office.ledger, clock=clock)))

    await let_go_after(minutes=30)
    assert await opened(office.vault, orphan) == PERSON
    await let_go_after(hours=2)
    assert await opened(office.vault, orphan) is None
    assert await opened(office.vault, ended) is not None
    await let_go_after(days=office.policy.kept_days + 1)
    assert await opened(office.vault, ended) is None
    assert await opened(office.vault, running) is not None
    async with office.vault.transaction() as connection:
        rows = await connection.fetch(
            "SELECT subject_id::text, erased_for, sealed FROM sealed_identity WHERE subject_id = ANY($1::uuid[])",
            [ended, orphan],
        )
    assert {row[0]: (row[1], row[2]) for row in rows} == {ended: ("retention", None), orphan: ("unclaimed", None)}
    assert await same_person(office.vault, ended) == []
    assert await ledger.pool.fetchval("SELECT erased_at IS NOT NULL FROM tip WHERE tip_id = $1", ended)
    gone = await does(ledger, f"/v1/tips/{ended}/lookups", "tips", {"reason": "result", "note": "反馈"})
    assert (gone.status_code, gone.json()["code"]) == (409, "reporter-erased")


@pytest.mark.promise("P8")
async def test_another_services_role_is_not_let_into_the_vaults_database(
    vault: InstalledVault, postgres_dsn: str
) -> None:
    name, password = f"stranger_{secrets.token_hex(4)}", secrets.token_hex(12)
    server = urlsplit(postgres_dsn)
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    try:
        address = server.netloc.rpartition("@")[2]
        path = urlsplit(vault.owner_dsn).path
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(urlunsplit(server._replace(netloc=f"{name}:{password}@{address}", path=path)))
    finally:
        await admin.execute(f"DROP ROLE {name}")
        await admin.close()


async def test_rights_that_were_given_by_hand_go_when_the_vault_is_installed_again(vault: InstalledVault) -> None:
    owner = await asyncpg.connect(vault.owner_dsn)
    try:
        await owner.execute(f"GRANT DELETE ON lookup TO {vault.role}")
        assert await install(vault.owner_dsn, vault.role) == []
        assert not await owner.fetchval("SELECT has_table_privilege($1, 'lookup', 'DELETE')", vault.role)
    finally:
        await owner.close()


async def test_the_vaults_database_holds_nothing_but_the_vault(vault: InstalledVault) -> None:
    owner = await asyncpg.connect(vault.owner_dsn)
    try:
        rows = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await owner.close()
    assert {row["tablename"] for row in rows} == {*RIGHTS, "schema_migration"}
