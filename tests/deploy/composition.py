"""The compose file as a container would be started from it, and what each service can be told."""

from __future__ import annotations

import re
from functools import cache
from string import Template
from typing import Any

import yaml

from tests.deploy.expressions import ROOT

COMPOSE = ROOT / "deploy" / "compose"


@cache
def environment() -> dict[str, str]:
    """The variables of .env and those of the secrets.env that up.sh would write."""
    text = (COMPOSE / ".env").read_text(encoding="utf-8")
    pinned = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    script = (COMPOSE / "up.sh").read_text(encoding="utf-8")
    databases = re.search(r"for name in ([A-Z ]+);", script)
    assert databases
    secrets = [f"DUBAN_{name}_PASSWORD" for name in databases.group(1).split()]
    secrets += re.findall(r'echo "([A-Z_]+)=\$\(random\)"', script)
    return pinned | dict.fromkeys(secrets, "secret")


@cache
def compose() -> dict[str, Any]:
    text = (COMPOSE / "compose.yaml").read_text(encoding="utf-8")
    text = re.sub(r"\$\{([A-Z_]+):\?[^}]*\}", r"${\1}", text)
    loaded: dict[str, Any] = _filled(yaml.safe_load(text))
    return loaded


def _filled(node: Any) -> Any:
    """Put the variables in as Compose does: after reading, so that an empty one is an empty text and not nothing."""
    if isinstance(node, dict):
        return {key: _filled(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value) for value in node]
    return Template(node).substitute(environment()) if isinstance(node, str) else node
