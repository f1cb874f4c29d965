from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from duban_contracts.kafka_users import city_users
from services.cli.command_line import app
from services.cli.output import console
from services.cli.strimzi import kafka_users

PROFILE = Path(__file__).parents[3] / "deploy" / "profiles" / "jincheng"


def test_users_are_printed_from_the_profile_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_PROFILE", str(PROFILE))
    # The console asked for its width when it was made, which may be long ago.
    monkeypatch.setattr(console, "width", 200)
    printed = CliRunner().invoke(app, ["kafka", "users"])
    assert printed.exit_code == 0
    for expected in ("county-140581", "Write Topic county.140581.v1", "Read Group county-140581*", "duban-operator"):
        assert expected in printed.output


def test_the_operator_resources_say_the_same_in_strimzis_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_PROFILE", str(PROFILE))
    printed = CliRunner().invoke(app, ["kafka", "users", "--format", "strimzi", "--cluster", "city"])
    items = {item["metadata"]["name"]: item for item in json.loads(printed.output)["items"]}
    assert items["county-140502"] == {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": {"name": "county-140502", "labels": {"strimzi.io/cluster": "city"}},
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {
                "type": "simple",
                "acls": [
                    {
                        "resource": {"type": "topic", "name": "county.140502.v1", "patternType": "literal"},
                        "operations": ["Write"],
                    },
                    {
                        "resource": {"type": "topic", "name": "county.140502.feedback.v1", "patternType": "literal"},
                        "operations": ["Read"],
                    },
                    {
                        "resource": {"type": "group", "name": "county-140502", "patternType": "prefix"},
                        "operations": ["Read"],
                    },
                    {
                        "resource": {"type": "transactionalId", "name": "county-140502", "patternType": "prefix"},
                        "operations": ["Write"],
                    },
                ],
            },
            "quotas": {"producerByteRate": 2097152, "consumerByteRate": 8388608, "requestPercentage": 50},
        },
    }
    assert "quotas" not in items["duban-ledger"]["spec"]
    assert {"resource": {"type": "cluster"}, "operations": ["Describe"]} in items["duban-operator"]["spec"][
        "authorization"
    ]["acls"]


def test_every_declared_right_has_its_words() -> None:
    users = city_users(["140502"])
    acls = [acl for item in kafka_users(users, "c")["items"] for acl in item["spec"]["authorization"]["acls"]]
    assert len(acls) == sum(len(user.rights) for user in users)


@pytest.mark.parametrize(
    ("quotas", "sentence"),
    [('{"exceptions": {"000000": {}}}', "is no county of this city"), ("nonsense", "must be JSON")],
)
def test_a_profile_with_wrong_quotas_is_refused_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quotas: str, sentence: str
) -> None:
    (tmp_path / "city.json").write_bytes((PROFILE / "city.json").read_bytes())
    (tmp_path / "quotas.json").write_text(quotas)
    monkeypatch.setenv("DUBAN_PROFILE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "400")
    printed = CliRunner().invoke(app, ["kafka", "users"])
    assert (printed.exit_code, sentence in printed.output) == (2, True)


def test_without_a_profile_or_with_half_of_the_settings_the_command_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DUBAN_PROFILE", raising=False)
    assert "DUBAN_PROFILE" in CliRunner().invoke(app, ["kafka", "users"]).output
    monkeypatch.setenv("DUBAN_PROFILE", str(PROFILE))
    monkeypatch.setenv("DUBAN_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("DUBAN_KAFKA_SECURITY", "SASL_SSL")
    monkeypatch.setenv("COLUMNS", "400")
    refused = CliRunner().invoke(app, ["kafka", "check"])
    assert (refused.exit_code, "DUBAN_KAFKA_USERNAME" in refused.output) == (2, True)
