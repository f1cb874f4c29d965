"""The compose file: valid by the specification, complete by the services' settings, closed to the outside."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from services.chassis.process.sign_in import Issuer
from tests.deploy.composition import COMPOSE, LAYERS, compose, environment, read, secrets, told, up
from tests.deploy.expressions import ROOT
from tools.generate.parts import SERVICES
from tools.generate.settings import variables_of

SCHEMA = json.loads((ROOT / "tests" / "deploy" / "data" / "compose-spec.json").read_text(encoding="utf-8"))
# What a container must be told because the defaults are for one machine.
ALWAYS = {"DUBAN_KAFKA_BOOTSTRAP", "DUBAN_POSTGRES_DSN", "DUBAN_HTTP_HOST", "DUBAN_HTTP_PORT", "DUBAN_PROFILE"}
LOOKED_AT = {("/", "/host:ro,rslave"), ("/var/lib/docker/containers", "/containers:ro")}
LOOPBACK_DEFAULT = re.compile(r"127\.0\.0\.1|localhost|demonstration|\.example\b")


@pytest.mark.parametrize("file", ["", *LAYERS])
def test_a_file_is_valid_by_the_compose_specification(file: str) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(read(file))


def test_the_files_together_are_valid_and_a_layer_changes_the_core_where_it_says_so_only() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(compose())
    shared = {layer: read("")["services"].keys() & read(layer)["services"].keys() for layer in LAYERS}
    assert {layer: names for layer, names in shared.items() if names} == {
        "backup": {"postgres", *SERVICES},
        "logs": {"duban"},
        "observability": {"duban"},
    }


def test_the_specification_refuses_a_misspelt_key() -> None:
    wrong = {"services": {"x": {"image": "x:1", "mem_limits": "1g"}}}
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(wrong))


def test_every_variable_that_is_given_is_used_and_every_one_used_is_given() -> None:
    texts = (path.read_text(encoding="utf-8") for path in COMPOSE.glob("compose*.yaml"))
    used = {name for text in texts for name in re.findall(r"\$\{([A-Z_]+)", text)}
    assert used | {"LAYERS", "DUBAN_CITY"} == set(environment()), "these two are for up.sh"
    assert set(environment()["LAYERS"].split()) <= set(LAYERS)


@pytest.mark.servers
def test_the_files_are_taken_in_their_order_and_those_of_the_city_go_before(tmp_path: Path) -> None:
    files = "-f compose.yaml -f compose.observability.yaml"
    assert f"compose --env-file .env {files} up --build --detach --wait" in up(tmp_path).stdout
    (tmp_path / "city.env").write_text("LAYERS=edge backup\n", encoding="utf-8")
    (tmp_path / "compose.override.yaml").touch()
    layers = "-f compose.yaml -f compose.edge.yaml -f compose.backup.yaml -f compose.override.yaml"
    assert f"compose --env-file .env --env-file city.env {layers} up" in up(tmp_path).stdout


@pytest.mark.servers
def test_a_drill_notes_what_stands_there_before_the_log_is_read_and_compares_with_that(tmp_path: Path) -> None:
    for name in ("up.sh", ".env"):
        (tmp_path / name).write_text((COMPOSE / name).read_text(encoding="utf-8"), encoding="utf-8")
    docker = tmp_path / "docker"
    docker.write_text(
        '#!/bin/sh\necho "$@" >> calls\ncase "$*" in *--note) echo noted-so ;; *--noted*) cat >> calls; exit 1 ;; esac\n',
        encoding="utf-8",
    )
    docker.chmod(0o755)
    run = ["sh", str(tmp_path / "up.sh"), "drill"]
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert subprocess.run(run, env=path, capture_output=True, check=False).returncode == 1, "as the drill ended"
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    steps = [call.partition("compose.observability.yaml ")[2] or call for call in calls]
    assert steps == [
        "run --rm -T duban drill --note",
        "run --detach --rm --use-aliases --name duban-beside beside /backup.sh beside",
        "run --rm -T duban drill --against beside --noted -",
        "noted-so",
        "rm --force duban-beside",
    ]


@pytest.mark.parametrize("name", sorted(compose()["services"]))
def test_a_container_is_pinned_limited_and_listens_on_loopback_only(name: str) -> None:
    container = compose()["services"][name]
    assert re.fullmatch(r"[a-z0-9./-]+:v?\d+\.\d+[\w.-]*", container["image"]), container["image"]
    assert container["mem_limit"]
    # By its tag the shipper of logs knows whose a file is. Its own it leaves alone, and what prints keys and contents.
    kept = set() if name in {"logs", "duban", "provision"} else {"tag"}
    assert container["logging"]["options"].keys() == {"max-size", "max-file"} | kept
    assert "no-new-privileges:true" in container["security_opt"]
    for port in container.get("ports", ()):
        assert port.startswith("127.0.0.1:") or (name, port) == ("edge", "443:8443")
    if container["restart"] != "no":
        assert {"test", "start_period", "interval", "timeout", "retries"} <= container["healthcheck"].keys()
        how = " ".join(container["healthcheck"]["test"])
        assert not re.search(r"\b(java|python|kafka-\S+\.sh|node)\b", how), "a look starts no runtime"


@pytest.mark.servers
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_told_everything_its_settings_need(service: str) -> None:
    given = set(told(service))
    known = variables_of(service)
    assert given <= set(known), f"no setting reads {given - set(known)}"
    required = {name for name, field in known.items() if field.is_required()}
    local = {name for name, field in known.items() if LOOPBACK_DEFAULT.search(str(_default(field)))}
    assert ALWAYS | required | local <= given


@pytest.mark.servers
@pytest.mark.parametrize("service", SERVICES)
def test_the_settings_accept_what_a_service_is_told(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in told(service).items():
        monkeypatch.setenv(name, str(value))
    settings = importlib.import_module(f"services.{service}.settings").Settings()
    assert settings.http_host == "0.0.0.0"  # noqa: S104
    assert settings.postgres_dsn.endswith(f"@postgres:5432/duban_{service}")


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_can_be_said_of_the_sign_in_provider_can_be_said_here(service: str) -> None:
    known = {name for name in variables_of(service) if name.startswith("DUBAN_OIDC_")}
    assert known <= compose()["services"][service]["environment"].keys()
    assert known <= environment().keys()


@pytest.mark.servers
@pytest.mark.parametrize("service", SERVICES)
def test_whoever_names_a_provider_and_no_more_gets_what_the_settings_call_the_default(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in told(service).items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("DUBAN_OIDC_ISSUER", "https://login.city.example")
    monkeypatch.setenv("DUBAN_OIDC_AUDIENCE", "duban")
    settings = importlib.import_module(f"services.{service}.settings").Settings()
    assert settings.issuer == Issuer("https://login.city.example", "duban")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_sees_the_folder_of_authorities_and_the_citys_profile(service: str) -> None:
    volumes = compose()["services"][service]["volumes"]
    assert "./authorities:/etc/duban/authorities:ro" in volumes
    assert "../profiles/jincheng:/etc/duban/profile:ro" in volumes


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_listens_where_it_is_published_and_scraped(service: str) -> None:
    container = compose()["services"][service]
    port = container["environment"]["DUBAN_HTTP_PORT"]
    assert container["ports"] == [f"127.0.0.1:{port}:{port}"]
    targets = yaml.safe_load((ROOT / "deploy/prometheus/targets/compose/duban.yml").read_text(encoding="utf-8"))
    assert {"targets": [f"{service}:{port}"], "labels": {"service": service, "city": "${DUBAN_CITY}"}} in targets
    assert variables_of(service)["DUBAN_HTTP_PORT"].default == int(port)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_after_its_servers_are_healthy_and_provisioned(service: str) -> None:
    assert read("")["services"][service]["depends_on"] == {
        "provision": {"condition": "service_completed_successfully"},
        "kafka": {"condition": "service_healthy"},
        "postgres": {"condition": "service_healthy"},
    }


@pytest.mark.parametrize("server", ["kafka", "postgres"])
def test_a_server_that_takes_up_its_log_first_is_waited_for_and_seen_at_once_when_it_is_there(server: str) -> None:
    look = compose()["services"][server]["healthcheck"]
    assert (look["start_period"], look["start_interval"]) == ("1h", "2s")


def test_who_writes_is_stopped_before_who_archives() -> None:
    later = {name for name, each in compose()["services"].items() if "backup" in each.get("depends_on", {})}
    assert later == set(SERVICES)
    # A first base may take long, and nobody waits for it.
    assert {compose()["services"][name]["depends_on"]["backup"]["condition"] for name in later} == {"service_started"}


@pytest.mark.servers
def test_every_mounted_file_exists_and_every_volume_is_declared() -> None:
    for container in compose()["services"].values():
        for volume in container.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("./secrets/"):
                assert secrets()[source.removeprefix("./secrets/")], volume
            elif source.startswith("."):
                assert (COMPOSE / source).resolve().exists(), volume
            else:
                # The machine's own disks, and what containers said, are looked at and left alone.
                assert source in compose()["volumes"] or volume.partition(":")[0::2] in LOOKED_AT, volume


def test_the_image_is_built_from_the_base_that_the_file_pins() -> None:
    dockerfile = (ROOT / "deploy" / "docker" / "Dockerfile").read_text(encoding="utf-8")
    assert f"ARG PYTHON_IMAGE={environment()['PYTHON_IMAGE']}\n" in dockerfile


def _default(field: Any) -> Any:
    default = field.default
    return default.get_secret_value() if hasattr(default, "get_secret_value") else default
