from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.command_line import app
from services.cli.output import console

PROFILE = Path(__file__).parents[3] / "deploy" / "profiles" / "jincheng"


@pytest.fixture(autouse=True)
def profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_PROFILE", str(PROFILE))
    monkeypatch.setattr(console, "width", 200)


def test_topics_are_printed_from_the_profile_alone() -> None:
    printed = CliRunner().invoke(app, ["topics", "list"])
    assert printed.exit_code == 0
    for expected in ("county.140581.v1", "400 天", "永久", "message.timestamp.type=LogAppendTime"):
        assert expected in printed.output


def test_the_operator_resources_say_the_same_in_strimzis_words() -> None:
    printed = CliRunner().invoke(app, ["topics", "list", "--format", "strimzi", "--cluster", "city"])
    items = {item["metadata"]["name"]: item for item in json.loads(printed.output)["items"]}
    assert items["county.140502.v1"] == {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {"name": "county.140502.v1", "labels": {"strimzi.io/cluster": "city"}},
        "spec": {
            "partitions": 1,
            "replicas": 3,
            "config": {
                "retention.ms": "34560000000",
                "min.insync.replicas": "2",
                "message.timestamp.type": "LogAppendTime",
            },
        },
    }


def test_a_number_of_copies_that_can_not_be_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_TOPIC_REPLICATION", "none")
    printed = CliRunner().invoke(app, ["topics", "list"])
    assert (printed.exit_code, "应为正整数" in printed.output) == (2, True)
