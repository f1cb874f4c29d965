"""An installation of 0.1.0 is brought up to date with its rows: what was armed is raised, what was raised stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import asyncpg
import msgspec
import pytest

from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.stories import Story, confirmed
from services.chassis.access.scope import Scope
from services.chassis.storage.database import Connection, connect
from services.chassis.storage.schema import migrate
from services.scheduler.alarms.tables import SESSION_SETTINGS
from services.scheduler.bootstrap import MIGRATIONS, SLICES
from services.scheduler.clocks.tables import clocks as clock_table
from services.scheduler.clocks.tables import deadlines
from services.scheduler.tests.bench import PatientClock, bench_on
from services.scheduler.tests.builders import clock_of

CLOCK = """
INSERT INTO hazard_clock (hazard_id, number, county, sector, version, state, deadline_number, outcome, due_at, reckoning,
                          facts, event_id)
VALUES ($1, $2, '140502', 'industry_trade', $3, 'running', $4, 'open', $5, $6, $7, 'e')
"""
ALARM = """
INSERT INTO alarm (hazard_id, deadline_number, kind, days_before, fires_at, due_at, state, raised_at)
VALUES ($1, $2, 'overdue', 0, $3, $3, $4, $5)
"""


def first_release(folder: Path) -> Path:
    """Return a folder with the tables as 0.1.0 had them."""
    for file in MIGRATIONS.glob("*/0001_*.sql"):
        (folder / file.parent.name).mkdir(exist_ok=True)
        shutil.copy(file, folder / file.parent.name)
    return folder


async def stored(connection: asyncpg.Connection[asyncpg.Record], story: Story) -> None:
    """Write a clock as 0.1.0 did."""
    clock = clock_of(story)
    await connection.execute(
        CLOCK,
        story.facts.hazard_id,
        story.facts.number,
        clock.version,
        clock.deadline.number,
        clock.deadline.due_at,
        msgspec.json.encode(clock).decode(),
        msgspec.json.encode(story.facts).decode(),
    )


async def listed_in(connection: Connection, county: str) -> list[tuple[str, str]]:
    """Return hazards and sectors of the deadlines that somebody of this county sees."""
    scope = Scope(county=frozenset({county}))
    rows = await deadlines.find(connection, scope, deadlines.Filter(), after=None, limit=9)
    return [(row.hazard_id, row.sector) for row in rows]


@pytest.fixture
def database(make_database: Callable[[], str]) -> str:
    """DSN of an empty database: its tables are made release by release."""
    return make_database()


@pytest.mark.promise("P3")
async def test_the_alarms_of_the_first_release_are_about_their_hazards_afterwards(
    database: str, tmp_path: Path
) -> None:
    await migrate(database, first_release(tmp_path), SLICES)
    extended = confirmed("extended").extended(local(5), june(9))
    connection = await asyncpg.connect(database)
    await stored(connection, confirmed("armed"))
    await stored(connection, extended)
    await connection.execute(ALARM, "armed", 1, local(4), "armed", None)
    await connection.execute(ALARM, "extended", 1, local(4), "raised", local(4, 0, 1))
    await connection.execute(ALARM, "extended", 2, local(10), "armed", None)
    await connection.close()
    await migrate(database, MIGRATIONS, SLICES)
    upgraded = await connect(database, application_name="test", settings=SESSION_SETTINGS)
    async with upgraded.acquire() as reading:
        rows = await reading.fetch(
            """SELECT subject_kind, subject_id, subject_number, deadline_number, deadline_on
                 FROM alarm ORDER BY subject_id, deadline_number"""
        )
        unit = await reading.fetchval("SELECT responsible_unit FROM hazard_clock WHERE hazard_id = 'armed'")
        found = await clock_table.find(reading, "JC-extended")
        listed = [await listed_in(reading, county) for county in ("140502", "140521")]
    assert [tuple(row) for row in rows] == [
        ("hazard", "armed", "JC-armed", 1, june(3)),
        ("hazard", "extended", "JC-extended", 1, june(3)),
        ("hazard", "extended", "JC-extended", 2, june(9)),
    ]
    assert listed == [[("armed", "industry_trade"), *[("extended", "industry_trade")] * 2], []]
    assert unit == "emergency_management"
    assert found is not None
    assert found.reckoning == clock_of(extended)
    bench = bench_on(upgraded, PatientClock(local(1)))
    await bench.at(local(12))
    assert sorted((event.subject, event.type) for event in await bench.said()) == [
        ("armed", "duban.supervision.overdue.v1"),
        ("extended", "duban.supervision.overdue.v1"),
    ]
    await upgraded.close()
