"""The vault's database shows an identity by a released look-up in the reader's own name, whatever the service asks it."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from services.chassis.storage.readers import readers_dsn
from services.ledger.tests.in_process import EVERYWHERE, InProcess
from services.ledger.tests.tips.saying import does, received
from services.ledger.tests.vaults import InstalledVault

_ASK = {"reason": "reward", "note": "核对发放对象"}


async def sees(ledger: InProcess, tip: dict[str, Any], account: str | None) -> int:
    """How many identities of this tip's reporter the vault shows an officer of the whole city."""
    assert ledger.office.vault is not None
    async with ledger.office.vault.reading(EVERYWHERE, account=account) as connection:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM sealed_identity WHERE subject_id = $1", tip["tip_id"]
        )
    return found


@pytest.mark.feature("SY34")
@pytest.mark.promise("P8")
async def test_an_identity_is_there_for_whoever_asked_once_another_released_it_and_for_nobody_else(
    ledger: InProcess,
) -> None:
    tip = await received(ledger)
    everybody = ("tip-officer", "tip-officer-2", "", None)
    assert [await sees(ledger, tip, each) for each in everybody] == [0, 0, 0, 0]
    lookup = (await does(ledger, f"/v1/tips/{tip['number']}/lookups", "tips", _ASK)).json()
    asker = lookup["asked_by"]
    assert [await sees(ledger, tip, each) for each in (*everybody, asker)] == [0, 0, 0, 0, 0]
    assert (await does(ledger, f"/v1/lookups/{lookup['lookup_id']}/release", "tips-2")).status_code == 200
    assert await sees(ledger, tip, asker) == 1
    assert [await sees(ledger, tip, each) for each in everybody if each != asker] == [0] * (
        len(everybody) - everybody.count(asker)
    )


@pytest.mark.feature("SY34")
@pytest.mark.promise("P8")
@pytest.mark.parametrize("statement", ["SELECT * FROM blind_index", "DELETE FROM lookup", "SET ROLE {role}"])
async def test_whoever_reads_for_officers_gets_no_further(
    ledger: InProcess, vault: InstalledVault, statement: str
) -> None:
    del ledger
    connection = await asyncpg.connect(readers_dsn(vault.dsn))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement.format(role=vault.role))
        assert await connection.fetchval("SELECT count(*) FROM sealed_identity") == 0
        assert await connection.fetchval("SELECT count(*) FROM lookup") == 0
    finally:
        await connection.close()
