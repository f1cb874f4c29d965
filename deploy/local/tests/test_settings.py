from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from deploy.local import ports, programs, secrets_store
from deploy.local.__main__ import main
from deploy.local.settings import load
from deploy.local.trouble import Trouble


def test_the_documented_ports_follow_from_one_base() -> None:
    plain = load({})
    assert {name: plain.port(name) for name in ("kafka", "gateway", "statistics", "smtp", "webhook")} == {
        "kafka": 19092,
        "gateway": 18080,
        "statistics": 18084,
        "smtp": 18025,
        "webhook": 18026,
    }


@pytest.mark.servers
def test_the_duban_command_is_told_where_everything_is_and_gets_through_a_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path))
    monkeypatch.setenv("DUBAN_PORT_BASE", "28000")
    monkeypatch.setenv("DUBAN_KAFKA_BOOTSTRAP", "")
    monkeypatch.setenv("DUBAN_POSTGRES_DSN", "")
    assert main(["env"]) == 1
    assert "make up" in capsys.readouterr().err
    passwords = dict.fromkeys(load().services, "a'b $c;\"d")
    secrets_store.write_json(tmp_path / "credentials" / "databases.json", passwords)
    assert main(["env"]) == 0
    shell = subprocess.run(
        ["/bin/sh", "-c", 'eval "$EXPORTS" && env'],
        env={"EXPORTS": capsys.readouterr().out},
        capture_output=True,
        text=True,
        check=True,
    )
    told = dict(line.split("=", 1) for line in shell.stdout.splitlines() if line.startswith("DUBAN_"))
    assert told["DUBAN_KAFKA_BOOTSTRAP"] == "127.0.0.1:29092"
    assert told["DUBAN_LEDGER_URL"] == "http://127.0.0.1:28081"
    assert told["DUBAN_TOPIC_PREFIX"] == ""
    dsn = urlsplit(told["DUBAN_LEDGER_DSN"])
    assert (dsn.username, unquote(dsn.password or ""), dsn.path) == (
        "duban_ledger",
        passwords["ledger"],
        "/duban_ledger",
    )
    assert told["DUBAN_VAULT_KEYRING"] == str(tmp_path / "credentials" / "vault-keyring.json")
    assert told["DUBAN_CHECKPOINT_KEY"] == str(tmp_path / "credentials" / "checkpoint-key.pem")
    assert told.keys() >= {f"DUBAN_{each.upper()}_{name}" for each in load().services for name in ("DSN", "URL")}
    assert told["DUBAN_LOGS"].startswith(str(tmp_path))
    assert told["DUBAN_PROMETHEUS_URL"].startswith("http://127.0.0.1:")
    assert told.keys() >= {"DUBAN_PROFILE", "DUBAN_TOPIC_REPLICATION", "DUBAN_VAULT_DSN"}


def test_the_port_base_moves_every_port_by_the_same_amount() -> None:
    plain, moved = load({}), load({"DUBAN_PORT_BASE": "28000"})
    assert {moved.port(name) - plain.port(name) for name in plain.port_offsets} == {10_000}


@pytest.mark.parametrize("base", ["http", "80", "70000", "-1"])
def test_an_unusable_port_base_is_refused_with_a_sentence(base: str) -> None:
    with pytest.raises(Trouble, match="not a usable port"):
        load({"DUBAN_PORT_BASE": base})


def test_no_two_parts_share_a_port_even_with_three_brokers() -> None:
    plain = load({"BROKERS": "3"})
    several = {"kafka", "controller", "internal"}
    ports = [plain.port(name, nth) for name in plain.port_offsets for nth in range(3 if name in several else 1)]
    assert len(ports) == len(set(ports))


def test_a_second_process_of_each_service_has_ports_a_name_and_files_of_its_own(tmp_path: Path) -> None:
    settings = load({"DUBAN_HOME": str(tmp_path), "BROKERS": "3", "REPLICAS": "3"})
    started = programs.services(settings, dict.fromkeys(settings.services, "postgresql://x"))
    assert [each.name for each in started[:4]] == ["gateway", "gateway-2", "gateway-3", "ledger"]
    told = [each.environment for each in started]
    assert told[1]["DUBAN_HTTP_PORT"] == str(settings.port("gateway") + 100)
    assert len({each["DUBAN_DATA_DIRECTORY"] for each in told}) == 15
    taken = [port for _, port in ports.ports_of(settings)]
    assert len(taken) == len(set(taken))
    assert {each["DUBAN_HTTP_PORT"] for each in told} <= set(map(str, taken))


@pytest.mark.parametrize("said", ["0", "4", "two"])
def test_a_number_of_processes_that_can_not_be_is_refused(said: str) -> None:
    with pytest.raises(Trouble, match="REPLICAS"):
        load({"REPLICAS": said})


def test_two_brokers_are_refused() -> None:
    with pytest.raises(Trouble, match="BROKERS"):
        load({"BROKERS": "2"})


def test_a_cluster_that_stands_keeps_its_size(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / "kafka" / f"node-{number}").mkdir(parents=True)
    assert load({"DUBAN_HOME": str(tmp_path)}).brokers == 3


@pytest.mark.parametrize(
    ("environment", "secure"),
    [({}, True), ({"SECURE": "0"}, False), ({"DUBAN_KAFKA_BOOTSTRAP": "kafka.example:9092"}, False)],
)
def test_a_secured_cluster_that_stands_stays_secured(
    tmp_path: Path, environment: dict[str, str], *, secure: bool
) -> None:
    node = tmp_path / "kafka" / "node-1"
    node.mkdir(parents=True)
    assert not load({"DUBAN_HOME": str(tmp_path)}).secure
    (node / "server.properties").write_text("listeners=SASL_SSL://127.0.0.1:1\n")
    assert load({"DUBAN_HOME": str(tmp_path), **environment}).secure == secure


@pytest.mark.parametrize("environment", [{"SECURE": "yes"}, {"SECURE": "1", "DUBAN_KAFKA_BOOTSTRAP": "k:9092"}])
def test_a_wish_for_security_that_makes_no_sense_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(Trouble, match="SECURE"):
        load(environment)


def test_secrets_of_a_secured_platform_are_given_as_files_and_those_of_an_open_one_as_they_are(tmp_path: Path) -> None:
    home = {"DUBAN_HOME": str(tmp_path)}
    plain = programs.service_environment(load(home), "ledger", "postgresql://secret")
    assert plain["DUBAN_POSTGRES_DSN"] == "postgresql://secret"
    assert not [name for name in plain if name.endswith("_FILE")]
    told = programs.service_environment(load({**home, "SECURE": "1"}), "ledger", "postgresql://secret")
    files = {name: Path(value) for name, value in told.items() if name.endswith("_FILE")}
    assert set(files) == {"DUBAN_POSTGRES_DSN_FILE", "DUBAN_WEBHOOK_SECRET_FILE", "DUBAN_KAFKA_PASSWORD_FILE"}
    assert files["DUBAN_POSTGRES_DSN_FILE"].read_text() == "postgresql://secret"
    assert not set(told) & {"DUBAN_POSTGRES_DSN", "DUBAN_WEBHOOK_SECRET", "DUBAN_KAFKA_PASSWORD"}
    assert told["DUBAN_KAFKA_USERNAME"] == "duban-ledger"
    for file in files.values():
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
        assert file.read_text() not in "".join(told.values())


def test_an_outside_kafka_is_used_instead_of_ours() -> None:
    assert load({"DUBAN_KAFKA_BOOTSTRAP": "kafka.example:9092"}).kafka_bootstrap == "kafka.example:9092"


def test_the_supervisors_socket_stays_short_under_a_long_path(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-directory-name"] * 5)
    assert len(str(load({"DUBAN_HOME": str(deep)}).supervisor_socket)) <= 100


@pytest.mark.parametrize(
    ("environment", "copies"),
    [
        ({}, 1),
        ({"BROKERS": "3"}, 3),
        ({"DUBAN_KAFKA_BOOTSTRAP": "kafka.example:9092"}, 3),
        ({"DUBAN_KAFKA_BOOTSTRAP": "kafka.example:9092", "DUBAN_TOPIC_REPLICATION": "1"}, 1),
    ],
)
def test_how_many_copies_a_record_has_is_said_and_never_counted(environment: dict[str, str], copies: int) -> None:
    assert load(environment).topic_replication == copies


@pytest.mark.parametrize("said", ["0", "three", "-1"])
def test_a_number_of_copies_that_can_not_be_is_refused(said: str) -> None:
    with pytest.raises(Trouble, match="DUBAN_TOPIC_REPLICATION"):
        load({"DUBAN_TOPIC_REPLICATION": said})
