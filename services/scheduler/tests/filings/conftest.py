"""Counties whose systems file their tasks by event."""

from __future__ import annotations

import pytest

from duban_contracts.testing.calendar import local
from services.chassis.assembly import Platform
from services.chassis.storage.database import Database
from services.scheduler.settings import Settings
from services.scheduler.tests.bench import PatientClock
from services.scheduler.tests.filings.county import CountySystem, county_on
from services.scheduler.tests.tasks.stage import stage_on


@pytest.fixture
def county(scheduler_database: Database, platform: Platform[Settings]) -> CountySystem:
    """Counties that file by event, on Monday 1 June at midnight."""
    return county_on(stage_on(scheduler_database, PatientClock(local(1))), platform)
