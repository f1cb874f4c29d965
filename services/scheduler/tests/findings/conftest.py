from __future__ import annotations

import pytest

from services.scheduler.tests.bench import Bench
from services.scheduler.tests.tasks.stage import Stage, stage_on


@pytest.fixture
def stage(bench: Bench) -> Stage:
    """Tasks on the bench's database and clock, on Monday 1 June."""
    return stage_on(bench.database, bench.clock)
