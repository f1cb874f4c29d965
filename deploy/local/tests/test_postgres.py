from __future__ import annotations

import os
import stat
from pathlib import Path

import asyncpg
import pytest

from deploy.local import ephemeral, placement, postgres, secrets_store
from deploy.local.scratch import scratch
from deploy.local.settings import LOOPBACK
from deploy.local.trouble import Trouble

pytestmark = pytest.mark.servers


async def test_a_fresh_server_demands_scram_and_listens_on_loopback_tcp_only() -> None:
    with ephemeral.postgres() as server:
        connection = await asyncpg.connect(server.dsn)
        settings = {
            name: await connection.fetchval(f"SHOW {name}")
            for name in ("listen_addresses", "unix_socket_directories", "password_encryption", "fsync")
        }
        collation = await connection.fetchval("SELECT datcollate FROM pg_database WHERE datname = 'postgres'")
        methods = {row["auth_method"] for row in await connection.fetch("SELECT auth_method FROM pg_hba_file_rules")}
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.dsn.replace("postgres:", "postgres:wrong", 1))
    assert settings == {
        "listen_addresses": LOOPBACK,
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "fsync": "on",
    }
    assert methods == {"scram-sha-256"}
    assert collation in {"C", "C.UTF-8"}


async def test_a_killed_server_comes_back_with_what_was_committed() -> None:
    with ephemeral.postgres() as server:
        connection = await asyncpg.connect(server.dsn)
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        server.kill()
        server.start()
        connection = await asyncpg.connect(server.dsn)
        assert await connection.fetchval("SELECT answer FROM kept") == 42
        await connection.close()


def test_the_superuser_password_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "credentials" / "postgres"
    password = secrets_store.secret(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert secrets_store.secret(file) == password


def test_data_without_its_password_is_not_silently_replaced(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")
    with pytest.raises(Trouble, match="is gone"):
        postgres.server(tmp_path, 1, tmp_path / "credentials" / "postgres")


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("12\n")
    server = postgres.Server(tmp_path, tmp_path, 18, 1, "secret", None)
    with pytest.raises(Trouble, match="made by PostgreSQL 12"):
        server.initialise()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand PostgreSQL to another account")
def test_as_root_a_private_home_stays_private_and_the_data_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "root-home"
    private.mkdir(mode=0o700)
    # pytest's own directory is private too; the place outside must not be.
    with scratch("elsewhere") as outside:
        monkeypatch.setattr(placement, "ELSEWHERE", outside)
        server = postgres.server(private / "checkout", 1, private / "credentials" / "postgres")
        server.initialise(durable=False)
        assert server.data.is_relative_to(outside)
        assert server.account is not None
        assert server.data.stat().st_uid == server.account.uid
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
