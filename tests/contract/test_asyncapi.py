"""The AsyncAPI document by the word of the official parser, the one behind `asyncapi validate`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from duban_contracts.codec import event_types

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "contracts" / "asyncapi.json"


@pytest.fixture(scope="module")
def validator() -> Path:
    """Install the pinned parser once; without Node.js skip, but never in CI."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Node.js and npm are needed to validate AsyncAPI in CI")
        pytest.skip("no node and npm on this machine: the AsyncAPI document is not validated here")
    installed = HERE / "node_modules" / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False, timeout=280)
        assert done.returncode == 0, done.stderr
    return Path(node)


# One fault each: the validator must find them all, or its silence about our document is worth nothing.
FAULTS: list[tuple[tuple[str, ...], object]] = [
    (("channels", "claims", "address"), 7),
    (("operations", "receiveClaims", "action"), "shout"),
    (("operations", "receiveClaims", "channel", "$ref"), "#/channels/nowhere"),
    (("components", "messages", "duban.hazard.reported.v1", "payload", "$ref"), "#/components/schemas/No"),
    (("channels", "claims", "bindings", "kafka", "partitions"), "twelve"),
    (("components", "schemas", "Grade"), {"type": "grade"}),
]


def validate(node: Path, *documents: Path) -> subprocess.CompletedProcess[str]:
    command = [str(node), str(HERE / "validate-asyncapi.cjs"), *map(str, documents)]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False, timeout=280)


def test_the_document_is_valid(validator: Path) -> None:
    done = validate(validator, DOCUMENT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"valid {DOCUMENT}" in done.stdout.splitlines()


def test_the_validator_finds_faults(validator: Path, tmp_path: Path) -> None:
    broken = [_with_fault(tmp_path / f"{number}.json", *fault) for number, fault in enumerate(FAULTS)]
    done = validate(validator, *broken)
    assert done.returncode == 1
    assert {f"invalid {path}" for path in broken} <= set(done.stdout.splitlines())


def _with_fault(path: Path, where: tuple[str, ...], value: object) -> Path:
    document: Any = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    node = document
    for step in where[:-1]:
        node = node[step]
    node[where[-1]] = value
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_every_event_type_stands_in_the_document_once() -> None:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    names = [name for channel in document["channels"].values() for name in channel["messages"]]
    assert sorted(names) == [entry.name for entry in event_types()]
