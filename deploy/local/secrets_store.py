"""Passwords and keys of this platform: made once, kept under `.duban/credentials`, readable by the owner only."""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text` at once, mode 0600 from its first byte, in a directory that is 0700 if it is new."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def secret(path: Path) -> str:
    """Return the secret kept at `path`, made on first use."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8").strip()


def read_json(path: Path) -> dict[str, Any]:
    """Return the object kept at `path`, empty when there is none yet."""
    if not path.exists():
        return {}
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Keep an object at `path`, private."""
    write_private(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")
