"""What is read of tasks costs what is found, not what exists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Final

import pytest

from services.chassis.storage.database import Connection, Database
from services.chassis.testing.plans import READS_EVERYTHING, Node, plan_of
from services.scheduler.tasks.tables import audit, rows
from services.scheduler.tasks.tables.calendars import of_place
from services.scheduler.tests.tasks.stage import Stage, report

Ask = Callable[[Connection, str], Awaitable[object]]
TASKS: Final = 20_000
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


def indexes_of(found: list[Node]) -> set[str]:
    """Return the indexes that are walked; whatever reads everything fails."""
    assert not {node["Node Type"] for node in found} & READS_EVERYTHING
    return {node["Index Name"] for node in found if "Index Name" in node}


@pytest.mark.timeout(120)
async def test_a_task_is_found_by_its_id_and_by_its_number_through_their_indexes(crowded: Database) -> None:
    for name in ("task-77", "RW-77", "nothing"):
        for ask in (rows.id_of, rows.find):
            found = await plan_of(crowded, partial(_named, ask, name))
            assert indexes_of(found) == {"task_pkey", "task_number_key"}
    async with crowded.acquire() as connection:
        assert [await rows.id_of(connection, name) for name in ("task-77", "RW-77", "nothing")] == [
            "task-77",
            "task-77",
            None,
        ]


@pytest.mark.timeout(120)
async def test_a_countys_calendar_reads_the_tasks_of_that_county_and_no_others(crowded: Database) -> None:
    ask = partial(of_place, due_from=date(2025, 3, 1), due_to=date(2026, 7, 1), limit=50)
    for unit in (None, "unit-7"):
        own = await plan_of(crowded, partial(ask, county="140502", unit=unit))
        assert indexes_of(own) == {"task_by_county"}
        everywhere = await plan_of(crowded, partial(ask, county=None, unit=unit))
        assert indexes_of(everywhere) == {"task_by_due"}
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
    looks: dict[Ask, set[str]] = {
        (lambda connection, _: audit.accused(connection, now, 1000)): {"alarm_raised_of_tasks", "task_pkey"},
        (lambda connection, _: audit.still_armed(connection, 1000)): {"alarm_unsaid_of_tasks", "task_pkey"},
        (lambda connection, _: audit.contradicting(connection, 1000)): {"task_open", "alarm_pkey"},
        (lambda connection, _: audit.unmarked(connection, now, 1000)): {
            "task_owed",
            "alarm_pkey",
            "alarm_overdue_armed",
            "task_pkey",
        },
        (lambda connection, _: rows.owed_page(connection, "", 100)): {"task_open"},
    }
    for ask, indexes in looks.items():
        assert indexes_of(await plan_of(crowded, partial(_named, ask, ""))) == indexes


async def _named(ask: Ask, name: str, connection: Connection) -> object:
    return await ask(connection, name)
