"""Secrets as containers get them, a directory of files: with those alone the release's step and a service do their work."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from deploy.local import ephemeral
from deploy.local.ports import free_ports
from services.chassis.process.secret_files import DIRECTORY
from services.chassis.testing.kafka import eventually
from services.chassis.testing.processes import own_tree, process
from tests.deploy.composition import secrets
from tests.deploy.expressions import ROOT
from tests.deploy.policies import examples

pytestmark = pytest.mark.servers


def _of_a_cluster(place: Path, server: str) -> None:
    """What a cluster mounts of secrets.example.yaml, filled in."""
    for secret, keys in examples().items():
        for key, value in keys.items():
            file = place / secret.removeprefix("duban-") / key
            file.parent.mkdir(parents=True, exist_ok=True)
            filled = value.replace("REPLACE", "filled-in").replace("postgres.duban-data:5432", server)
            file.write_text(filled, encoding="utf-8")


def _of_compose(place: Path, server: str) -> None:
    """What up.sh lays out on first use."""
    for container, files in secrets().items():
        (place / container).mkdir()
        for name, value in files.items():
            (place / container / name).write_text(value.replace("postgres:5432", server), encoding="utf-8")


@pytest.mark.parametrize("laid_out", [_of_a_cluster, _of_compose])
async def test_provision_and_a_service_need_no_secret_in_their_environment(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, laid_out: Callable[[Path, str], None]
) -> None:
    with ephemeral.postgres(durable=False) as server:
        laid_out(tmp_path, urlsplit(server.dsn).netloc.rpartition("@")[2])
        (tmp_path / "provision" / "DUBAN_POSTGRES_DSN").write_text(f"{server.dsn}\n", encoding="utf-8")
        environ = {
            "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
            "DUBAN_TOPIC_PREFIX": topic_prefix,
            "DUBAN_TOPIC_REPLICATION": "1",
            "DUBAN_PROFILE": str(ROOT / "deploy" / "profiles" / "jincheng"),
            "DUBAN_HOME": str(tmp_path / "home"),
            "DUBAN_VAULT_KEYRING": str(tmp_path / "vault" / "keyring.json"),
        }
        provision = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.docker.provision"),
            cwd=ROOT,
            env={**own_tree(), **environ, DIRECTORY: str(tmp_path / "provision")},
        )
        assert await provision.wait() == 0
        (port,) = free_ports(1)
        environ |= {"DUBAN_MIGRATIONS": "check", "DUBAN_HTTP_PORT": str(port), DIRECTORY: str(tmp_path / "gateway")}
        async with process("gateway", environ, roles="http"):
            await eventually(lambda: _is_ready(port))


async def _is_ready(port: int) -> None:
    async with httpx.AsyncClient() as client:
        try:
            assert (await client.get(f"http://127.0.0.1:{port}/readyz/http")).status_code == 200
        except httpx.TransportError as error:
            raise AssertionError("not listening yet") from error
