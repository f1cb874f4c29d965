"""What is read of tasks costs what is found, not what exists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Final

import pytest

from services.chassis.storage.database import Connection, Database
from services.chassis.testing.plans import Cost, looked_at
from services.scheduler.tasks.tables import audit, rows
from services.scheduler.tasks.tables.calendars import of_place
from services.scheduler.tests.tasks.stage import Stage, report

Ask = Callable[[Connection], Awaitable[object]]
TASKS: Final = 20_000
# A walk through the tasks looks at 20,000 rows and touches more than 1,500 pages, one through an index of theirs 80 and more.
PAGE: Final = 50
ROWS: Final = 4 * PAGE
BLOCKS: Final = 8 * PAGE
FILL: Final = """
INSERT INTO task (task_id, number, digest, opens_at, duty_id, duty_version, period, period_end, kind, title, county,
                  lead_unit, helper_units, state, late, due_on, due_at, deadline_number, version, submitted_at, ended_at,
                  task)
SELECT 'task-' || n, 'RW-' || n, decode(md5(n::text), 'hex'), timestamptz '2026-01-01', 'duty-' || n % 50, 1, 'p-' || n,
       date '2026-12-31', 'report', '任务', '1405' || lpad((n % 60)::text, 2, '0'), 'unit-' || n % 40, ' ',
       'accepted', false, date '2025-01-01' + n % 700, timestamptz '2025-01-01' + n % 700 * interval '1 day', 1, 4,
       timestamptz '2025-01-01', timestamptz '2025-01-01', pattern.task
  FROM generate_series(1, $1) AS n, task AS pattern ORDER BY md5(n::text)
"""
SAID: Final = """
INSERT INTO alarm (subject_kind, subject_id, subject_number, deadline_number, kind, days_before, deadline_on, fires_at,
                   due_at, state, raised_at)
SELECT 'task', task_id, number, 1, said, CASE said WHEN 'due_soon' THEN 3 ELSE 0 END, due_on, due_at, due_at,
       CASE said WHEN 'overdue' THEN 'raised' ELSE 'lapsed' END, CASE said WHEN 'overdue' THEN due_at - interval '3 years' END
  FROM task, unnest(ARRAY['overdue', 'due_soon', 'still_due']) AS said WHERE state = 'accepted'
"""


@pytest.fixture
async def crowded(stage: Stage) -> Database:
    await stage.plan(report())
    async with stage.database.acquire() as connection:
        await connection.execute(FILL, TASKS)
        await connection.execute("ANALYZE task")
    return stage.database


def costs_what_is_found(cost: Cost) -> bool:
    """Tell whether a read looked at about a page of rows."""
    return cost.rows <= ROWS and cost.blocks <= BLOCKS


@pytest.mark.timeout(120)
async def test_a_task_is_found_by_its_id_and_by_its_number_without_looking_at_others(crowded: Database) -> None:
    for name in ("task-77", "RW-77", "nothing"):
        for ask in (rows.id_of, rows.find):
            cost = await looked_at(crowded, partial(_named, ask, name))
            assert cost.rows <= 2, (name, ask, cost)
            assert cost.blocks <= 20, (name, ask, cost)
    async with crowded.acquire() as connection:
        assert [await rows.id_of(connection, name) for name in ("task-77", "RW-77", "nothing")] == [
            "task-77",
            "task-77",
            None,
        ]


@pytest.mark.timeout(120)
async def test_a_countys_calendar_reads_the_tasks_of_that_county_and_no_others(crowded: Database) -> None:
    ask = partial(of_place, due_from=date(2025, 3, 1), due_to=date(2026, 7, 1), limit=PAGE)
    for county in ("140502", None):
        for unit in (None, "unit-2"):
            cost = await looked_at(crowded, partial(ask, county=county, unit=unit))
            assert cost.rows <= (2 if unit is None else 40) * PAGE, (county, unit, cost)
    async with crowded.acquire() as connection:
        found = {unit: await ask(connection, county="140502", unit=unit) for unit in (None, "unit-2", "unit-7")}
    assert [len(tasks) for tasks in found.values()] == [50, 50, 0]


@pytest.mark.timeout(120)
async def test_the_self_audit_reads_what_is_open_or_was_said_lately(stage: Stage, crowded: Database) -> None:
    await stage.tick()
    async with crowded.acquire() as connection:
        await connection.execute(SAID)
        await connection.execute("ANALYZE task, alarm")
    now = stage.clock.now()
    looks: tuple[Ask, ...] = (
        partial(audit.accused, since=now, limit=1000),
        partial(audit.still_armed, limit=1000),
        partial(audit.contradicting, limit=1000),
        partial(audit.unmarked, before=now, limit=1000),
        partial(rows.owed_page, after="", limit=100),
    )
    for ask in looks:
        cost = await looked_at(crowded, ask)
        assert costs_what_is_found(cost), (ask, cost)


async def _named(ask: Callable[[Connection, str], Awaitable[object]], name: str, connection: Connection) -> object:
    return await ask(connection, name)
