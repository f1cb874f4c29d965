"""Worker processes on real servers: started, killed, looked at from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.claims import HazardRectified
from services.chassis.publishing.envelopes import new_event

ROOT = Path(__file__).parents[3]


@dataclass
class Workers:
    """Where one test's worker runs, and what it has done so far."""

    bootstrap: str
    dsn: str
    prefix: str
    # Where their logs stand.
    directory: Path
    module: str = "services.chassis.testing.worker"
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The worker's settings, as environment variables."""
        return {
            **os.environ,
            "DUBAN_KAFKA_BOOTSTRAP": self.bootstrap,
            "DUBAN_POSTGRES_DSN": self.dsn,
            "DUBAN_TOPIC_PREFIX": self.prefix,
            # Our own broker allows short sessions; an outside one has the usual minimum.
            "DUBAN_SESSION_TIMEOUT": "6" if "DUBAN_KAFKA_BOOTSTRAP" in os.environ else "2",
        }

    def start(self, **settings: str) -> subprocess.Popen[bytes]:
        """Start a worker process; `settings` are further environment variables."""
        process = subprocess.Popen(
            [sys.executable, "-m", self.module],
            env={**self.environment, **settings},
            cwd=ROOT,
            stdout=self.log_of(len(self.started)).open("wb"),
            stderr=subprocess.STDOUT,
        )
        self.started.append(process)
        return process

    def log_of(self, nth: int) -> Path:
        """Return the log file of the nth worker."""
        return self.directory / f"worker-{nth}.log"

    @contextmanager
    def worker(self, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker during a block and stop it with SIGTERM; it must end cleanly."""
        process = self.start(**settings)
        log = self.log_of(len(self.started) - 1)
        yield process
        while process.poll() is None and b"roles started" not in log.read_bytes():
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Run a query in the worker's database; before its first migration there is nothing."""
        connection = await asyncpg.connect(self.dsn)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
        except asyncpg.UndefinedTableError:
            return []
        else:
            return rows
        finally:
            await connection.close()

    async def effects(self) -> list[tuple[str, str]]:
        """Return (reference, event id) of every effect, in the order of their writing."""
        rows = await self.fetch("SELECT reference, event_id FROM effect ORDER BY position")
        return [(row["reference"], row["event_id"]) for row in rows]


def rectified(reference: str, *, measures: str = "已整改", version: int | None = None) -> CloudEvent:
    """Return one event of aggregate `reference`."""
    return new_event(
        HazardRectified(
            county="140502",
            reference=reference,
            measures=measures,
            completed_on=date(2026, 11, 1),
            submitted_by="a1",
        ),
        source="/test",
        subject=reference,
        key=reference,
        time=datetime(2026, 11, 1, tzinfo=UTC),
        version=version,
    )
