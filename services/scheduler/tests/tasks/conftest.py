"""Tasks on a database of their own."""

from __future__ import annotations

import pytest

from duban_contracts.testing.calendar import local
from services.chassis.storage.database import Database
from services.scheduler.tests.bench import PatientClock
from services.scheduler.tests.tasks.stage import Stage, stage_on


@pytest.fixture
def stage(scheduler_database: Database) -> Stage:
    """Tasks on a database of their own, on Monday 1 June at midnight."""
    return stage_on(scheduler_database, PatientClock(local(1)))
