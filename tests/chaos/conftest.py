"""Workers that are killed, on servers of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from services.chassis.testing.workers import Workers
from tests.chaos.outcome import prepare


@pytest.fixture
def make_workers(
    topic_prefix: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, str], Workers]]:
    """Make benches on servers of the test's own: (bootstrap, dsn) -> Workers. No worker is left behind."""
    made: list[Workers] = []

    def make(bootstrap: str, dsn: str) -> Workers:
        made.append(Workers(bootstrap, dsn, topic_prefix, tmp_path_factory.mktemp("workers")))
        return made[-1]

    yield make
    for workers in made:
        for process in workers.started:
            if process.poll() is None:
                process.kill()
                process.wait()


@pytest.fixture
async def workers(kafka_bootstrap: str, database: str, make_workers: Callable[[str, str], Workers]) -> Workers:
    """The chassis' workers: topics, an empty database, no process left behind."""
    made = make_workers(kafka_bootstrap, database)
    await prepare(made)
    return made
