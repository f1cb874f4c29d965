from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from services.chassis.tests.conftest import Bench
from tests.chaos.outcome import prepare


@pytest.fixture
def make_bench(topic_prefix: str) -> Iterator[Callable[[str, str], Bench]]:
    """Make benches on servers of the test's own: (bootstrap, dsn) -> Bench. No worker is left behind."""
    made: list[Bench] = []

    def make(bootstrap: str, dsn: str) -> Bench:
        made.append(Bench(bootstrap, dsn, topic_prefix))
        return made[-1]

    yield make
    for bench in made:
        for process in bench.started:
            if process.poll() is None:
                process.kill()
                process.wait()


@pytest.fixture
async def bench(kafka_bootstrap: str, database: str, make_bench: Callable[[str, str], Bench]) -> Bench:
    """The chassis' bench: topics, an empty database, no process left behind."""
    made = make_bench(kafka_bootstrap, database)
    await prepare(made)
    return made
