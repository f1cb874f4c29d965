"""What every bench does around its measuring: it says how far it is, heads its result, and puts that beside its page."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.load import machine
from tests.load.rig import Rig, rig


def say(line: str) -> None:
    """Print a line with the time of day at once: a bench takes minutes, and somebody watches."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


def head(command: str) -> dict[str, Any]:
    """Return what a result begins with: when, by which command, on which machine and with which versions."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "machine": machine.describe(),
        "versions": machine.versions(),
    }


async def of_private_servers(command: str, part: str, measure: Callable[[Rig], Awaitable[Any]]) -> dict[str, Any]:
    """Return the result of a bench with one `part`, measured on servers that are started for it and gone when it ends.

    Also when it is ended from outside.
    """
    if (task := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    began = time.monotonic()
    document = head(command)
    with rig() as servers:
        document["servers"] = await machine.servers(servers)
        document[part] = await measure(servers)
    document["took_seconds"] = round(time.monotonic() - began)
    return document


def put(stem: Path, document: Mapping[str, Any], page: str) -> None:
    """Write `<stem>.json` and `<stem>.md`, and say where they are."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, indent=1)
    stem.with_suffix(".json").write_text(f"{text}\n", encoding="utf-8")
    stem.with_suffix(".md").write_text(page, encoding="utf-8")
    say(f"written: {stem}.md and .json")
