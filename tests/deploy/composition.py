"""The compose files as a container would be started from them, and what each service can be told."""

from __future__ import annotations

import re
from functools import cache
from string import Template
from typing import Any, Final

import yaml

from tests.deploy.expressions import ROOT

COMPOSE: Final = ROOT / "deploy" / "compose"
CORE: Final = COMPOSE / "compose.yaml"
LAYERS: Final = sorted(path.name.split(".")[1] for path in COMPOSE.glob("compose.*.yaml"))
_REPLACED: Final = {"command", "entrypoint", "test"}


@cache
def environment() -> dict[str, str]:
    """The variables of .env and those of the secrets.env that up.sh would write."""
    text = (COMPOSE / ".env").read_text(encoding="utf-8")
    pinned = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    script = (COMPOSE / "up.sh").read_text(encoding="utf-8")
    made, filled_in = re.findall(r"for name in ([A-Z_ ]+);", script)
    secrets = [f"DUBAN_{name}_PASSWORD" for name in made.split()]
    secrets += re.findall(r'echo "([A-Z_]+)=\$\(random\)"', script)
    return pinned | dict.fromkeys(secrets, "secret") | dict.fromkeys(filled_in.split(), "")


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
