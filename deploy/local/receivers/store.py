"""Files of what arrived: numbered, written whole or not at all, listed for people and audits."""

from __future__ import annotations

import email
import email.policy
import itertools
import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any


class Store:
    """One directory of numbered files; numbers go on after a restart."""

    def __init__(self, directory: Path, suffix: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._suffix = suffix
        taken = [int(path.stem) for path in directory.glob(f"*{suffix}") if path.stem.isdigit()]
        self._numbers = itertools.count(max(taken, default=0) + 1)

    def keep(self, content: bytes) -> Path:
        """Write one file and return it; a reader never sees half of it."""
        path = self.directory / f"{next(self._numbers):06d}{self._suffix}"
        fresh = path.with_suffix(".part")
        fresh.write_bytes(content)
        return fresh.replace(path)

    def contents(self) -> list[tuple[str, bytes]]:
        """Return (name, content) of every file, oldest first."""
        return [(path.name, path.read_bytes()) for path in sorted(self.directory.glob(f"*{self._suffix}"))]


def parse(content: bytes) -> EmailMessage:
    """Return a stored mail."""
    return email.message_from_bytes(content, policy=email.policy.default)


def arrived(directory: Path) -> dict[str, Any]:
    """List what is kept under `directory`, oldest first, without texts."""
    mails = [(name, parse(content)) for name, content in Store(directory / "mail", ".eml").contents()]
    hooks = [json.loads(content) for _, content in Store(directory / "webhooks", ".json").contents()]
    return {
        "mail": [
            {
                "file": name,
                "to": str(mail.get("X-Envelope-To", "")),
                "message_id": str(mail.get("Message-ID", "")),
                "subject": str(mail.get("Subject", "")),
            }
            for name, mail in mails
        ],
        "webhooks": [{key: hook[key] for key in ("endpoint", "webhook_id", "timestamp")} for hook in hooks],
    }
