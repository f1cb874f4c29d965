"""The log of one ledger in this process: its job, and what a county has of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from duban_contracts.cloudevents import CloudEvent, to_structured
from duban_contracts.topics import feedback_topic
from services.chassis.storage.database import Connection
from services.ledger.checkpoints.handlers.keys import SigningKeys
from services.ledger.checkpoints.handlers.signing import Signing
from services.ledger.checkpoints.jobs import make_checkpoint
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import HOME

CHAINS = Path(__file__).parents[4] / "tools" / "verify_history" / "verify_history.py"


@dataclass
class Log:
    """`folder` is what the county keeps: files that `verify` holds against each other."""

    ledger: InProcess
    folder: Path
    key: Path
    files: list[str] = field(default_factory=list)

    @property
    def keys(self) -> SigningKeys:
        return SigningKeys("duban/140500/ledger", self.key)

    @property
    def signing(self) -> Signing:
        return Signing.on(self.ledger.platform, self.keys)

    async def checkpoint(self) -> str:
        """Make a checkpoint, as the job does, and return it."""
        assert await make_checkpoint(self.ledger.database, signing=self.signing)
        return (await self.ledger.get("/v1/checkpoint")).text

    @asynccontextmanager
    async def as_owner(self) -> AsyncIterator[Connection]:
        """A connection of the database's owner, whom no trigger holds."""
        async with self.ledger.pool.acquire() as connection:
            await connection.execute("SET session_replication_role = replica")
            yield connection
            await connection.execute("RESET session_replication_role")

    async def forget(self) -> None:
        """Throw the tree and all checkpoints away, as an owner can, so that all is signed anew."""
        async with self.as_owner() as connection:
            await connection.execute("DELETE FROM checkpoint_tile")
            await connection.execute("DELETE FROM checkpoint")

    async def get(self, path: str, who: str = "city", **parameters: Any) -> str:
        answer = await self.ledger.get(path, who, **parameters)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/plain")
        return answer.text

    def keep(self, name: str, text: str | bytes) -> Path:
        """Keep a file in the county's folder."""
        file = self.folder / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.files.append(name)
        return file

    async def told(self, county: str = HOME) -> list[CloudEvent]:
        """What the county's feedback topic carries."""
        return await self.ledger.said(feedback_topic(county))

    async def keep_feedback(self, county: str = HOME) -> Path:
        """Keep a copy of it, a structured event a line."""
        lines = [msgspec.json.encode(to_structured(event)) + b"\n" for event in await self.told(county)]
        return self.keep(f"feedback-{county}.jsonl", b"".join(lines))

    def verify(self, *names: str, key: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the county's tool on these files of its folder, or on all."""
        keys = self.keep("keys.txt", key or "\n".join(self.keys.verifier_keys()))
        self.files.remove(keys.name)
        words = [str(self.folder / name) for name in names or self.files]
        return subprocess.run(
            [sys.executable, "-m", "duban_contracts", "verify", "--key", str(keys), *words],
            capture_output=True,
            text=True,
            check=False,
        )

    async def check_chains(self) -> subprocess.CompletedProcess[str]:
        """Run the verifier of chains on an export of the whole history."""
        answer = await self.ledger.get("/v1/history", "office", limit=5000, format="jsonl")
        export = self.folder / "export.jsonl"
        export.write_bytes(answer.content)
        return self.run(CHAINS, str(export))

    def run(self, tool: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """Run an outsider's tool."""
        # -I: no path of this repository can be imported, so nothing is shared with the service.
        return subprocess.run([sys.executable, "-I", str(tool), *words], capture_output=True, text=True, check=False)


def size_of(checkpoint: str) -> int:
    return int(checkpoint.splitlines()[1])
