"""The compose files as a container would be started from them, and what each service can be told."""

from __future__ import annotations

import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from string import Template
from typing import Any, Final

import yaml

from services.chassis.process.secret_files import DIRECTORY
from tests.deploy.expressions import ROOT

COMPOSE: Final = ROOT / "deploy" / "compose"
CORE: Final = COMPOSE / "compose.yaml"
LAYERS: Final = sorted(path.name.split(".")[1] for path in COMPOSE.glob("compose.*.yaml"))
_REPLACED: Final = {"command", "entrypoint", "test"}


@cache
def environment() -> dict[str, str]:
    """The variables of .env and the one that up.sh gives."""
    text = (COMPOSE / ".env").read_text(encoding="utf-8")
    pinned = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    script = (COMPOSE / "up.sh").read_text(encoding="utf-8")
    return pinned | dict(re.findall(r"^export ([A-Z_]+)=(\S+)$", script, re.MULTILINE))


@cache
def secrets() -> dict[str, dict[str, str]]:
    """Return what up.sh lays out on first use, for each container its files."""
    with tempfile.TemporaryDirectory() as scratch:
        assert up(Path(scratch), "ps").returncode == 0
        made = sorted(Path(scratch, "secrets").glob("*/*"))
        found: dict[str, dict[str, str]] = {file.parent.name: {} for file in made}
        for file in made:
            found[file.parent.name][file.name] = file.read_text(encoding="utf-8").rstrip()
        return found


def told(container: str) -> dict[str, str]:
    """Return what a container is told: its environment, and its directory of secrets."""
    environ: dict[str, str] = compose()["services"][container]["environment"]
    return {**{name: value for name, value in environ.items() if name != DIRECTORY}, **secrets()[container]}


def up(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run up.sh in `place`, with a `docker` that says what it was asked and keeps its environment in the file `environ`."""
    for name in ("up.sh", ".env"):
        (place / name).write_text((COMPOSE / name).read_text(encoding="utf-8"), encoding="utf-8")
    docker = place / "docker"
    docker.write_text(f'#!/bin/sh\nenv > {place}/environ\necho "$@"\n', encoding="utf-8")
    docker.chmod(0o755)
    command = ["/bin/sh", str(place / "up.sh"), *words]
    environ = {"PATH": f"{place}:/usr/bin:/bin"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@cache
def read(name: str) -> dict[str, Any]:
    """Return one file, `` for the core or a layer's name, with the variables put in."""
    text = (COMPOSE / f"compose.{name}.yaml" if name else CORE).read_text(encoding="utf-8")
    loaded: dict[str, Any] = _filled(yaml.safe_load(re.sub(r"\$\{([A-Z_]+):\?[^}]*\}", r"${\1}", text)))
    return loaded


@cache
def compose() -> dict[str, Any]:
    """Return the core with every layer on it, merged as Compose merges files."""
    merged = read("")
    for layer in LAYERS:
        merged = _merged(merged, read(layer))
    return merged


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        held = result.get(key)
        if isinstance(held, dict) and isinstance(value, dict):
            result[key] = _merged(held, value)
        elif isinstance(held, list) and isinstance(value, list) and key not in _REPLACED:
            result[key] = held + value
        else:
            result[key] = value
    return result


def _filled(node: Any) -> Any:
    """Put the variables in as Compose does: after reading, so that an empty one is an empty text and not nothing."""
    if isinstance(node, dict):
        return {key: _filled(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value) for value in node]
    return Template(node).substitute(environment()) if isinstance(node, str) else node
