"""Fixtures of everything that stands on the chassis' consumer: worker processes, and consumers in the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from duban_contracts.topics import Topic
from services.chassis.testing.in_process import InProcess, prepare
from services.chassis.testing.kafka import create_topics
from services.chassis.testing.workers import Workers


@pytest.fixture
async def workers(kafka_bootstrap: str, database: str, topic_prefix: str, tmp_path: Path) -> AsyncIterator[Workers]:
    """Make topics `in`, `out` and the worker's dead letters, an empty database, and no process left behind."""
    names = ("in", "out", "worker.dlq.v1")
    await create_topics(kafka_bootstrap, [Topic(f"{topic_prefix}{name}", -1, partitions=3) for name in names])
    workers = Workers(kafka_bootstrap, database, topic_prefix, directory=tmp_path)
    yield workers
    for process in workers.started:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.fixture
async def in_process(kafka_bootstrap: str, database: str, topic_prefix: str) -> AsyncIterator[InProcess]:
    """Make the same topics and database for consumers inside the test's own process."""
    names = ("in", "out", "worker.dlq.v1")
    await create_topics(kafka_bootstrap, [Topic(f"{topic_prefix}{name}", -1, partitions=3) for name in names])
    in_process = await prepare(kafka_bootstrap, database, topic_prefix)
    yield in_process
    await in_process.database.close()
