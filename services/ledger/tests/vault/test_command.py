"""`duban vault` as operations run it: a process of its own, told by the environment."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.chassis.publishing.envelopes import uuid7_text
from services.ledger.tests.in_process import NOON
from services.ledger.tests.vaults import installed_vault
from services.ledger.vault.handlers.keeper import add_key, new_keyring
from services.ledger.vault.handlers.seal import seal
from services.ledger.vault.handlers.vault import Vault
from services.ledger.vault.model.identity import Identity
from services.ledger.vault.model.keyring import parse

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[4]
PERSON = Identity(name="举报人戊（虚构）", phone="13700000003")


def duban(*arguments: str, **environment: str) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, "-m", "services.cli.command_line", "vault", *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return run.returncode, run.stdout + run.stderr


@pytest.mark.feature("SY34")
@pytest.mark.promise("P8")
async def test_the_keeper_rotates_sees_it_and_retires_the_old_key(postgres_dsn: str, tmp_path: Path) -> None:
    async with installed_vault(postgres_dsn, tmp_path) as installed:
        vault = Vault(installed.dsn, installed.keys)
        await seal(vault, uuid7_text(), PERSON, kind="test", at=NOON)
        told = {"DUBAN_VAULT_DSN": installed.dsn, "DUBAN_VAULT_KEYRING": str(installed.keys)}

        async def says(*arguments: str) -> tuple[int, str]:
            return await asyncio.to_thread(duban, *arguments, **told)

        assert await says("retire", "k1") == (1, "✗ k1 still wraps 1 identities; run rewrap first\n")
        code, out = await says("rotate", "k2")
        assert (code, "1 条改由新密钥加密" in out) == (0, True), out
        assert (await says("rotate", "k2"))[0] == 1
        assert (await says("rewrap")) == (0, "✓ 0 条改由使用中的密钥加密\n")
        # Somebody may still be sealing by it.
        assert await says("retire", "k1") == (1, "✗ the file was changed less than 10 minutes ago; retire k1 later\n")
        assert [key.id for key in parse(installed.keys.read_bytes()).keys] == ["k1", "k2"]
        an_hour_ago = installed.keys.stat().st_mtime - 3600
        os.utime(installed.keys, (an_hour_ago, an_hour_ago))
        assert (await says("retire", "k1"))[0] == 0
        code, out = await says("status")
        assert code == 0
        assert "k2" in out
        assert "k1" not in out
        assert PERSON.name is not None
        assert PERSON.name not in out
        await vault.close()
        assert installed.keys.stat().st_mode & 0o777 == 0o600


def test_a_key_is_added_to_a_file_without_any_database(tmp_path: Path) -> None:
    file = tmp_path / "keyring.json"
    file.write_bytes(new_keyring("k1"))
    told = {"DUBAN_VAULT_KEYRING": str(file), "DUBAN_VAULT_DSN": ""}
    assert duban("add-key", "k2", **told)[0] == 0
    assert parse(file.read_bytes()).active == "k2"
    assert duban("add-key", "k2", **told) == (1, "✗ there is a key k2 already\n")


def test_keys_that_are_added_at_once_are_all_there(tmp_path: Path) -> None:
    file = tmp_path / "keyring.json"
    file.write_bytes(new_keyring("k0"))
    added = [f"k{each}" for each in range(1, 17)]
    with ThreadPoolExecutor(len(added)) as keepers:
        list(keepers.map(lambda key_id: add_key(file, key_id), added))
    assert {key.id for key in parse(file.read_bytes()).keys} == {"k0", *added}


def test_a_new_keyring_is_printed_and_can_be_read() -> None:
    code, out = duban("keyring", "k-new")
    assert code == 0
    assert parse(out.encode()).active == "k-new"
