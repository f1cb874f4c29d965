"""The poll costs what is due, not what exists: the plan is asserted, never the time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.chassis.storage.database import Database
from services.chassis.testing.plans import rows_of
from services.scheduler.alarms.model import Kind
from services.scheduler.alarms.tables import (
    BATCH,
    CLAIM_DUE_SOON,
    CLAIM_OVERDUE,
    CLAIM_STILL_DUE,
    DUE_SINCE,
    DUE_SUBJECTS,
)

ARMED = 100_000  # of each kind

FILL = """
INSERT INTO alarm (subject_kind, subject_id, subject_number, deadline_number, kind, days_before, deadline_on, fires_at,
                   due_at, state)
SELECT 'hazard', 'hz-' || n, 'N', 1, kind, CASE kind WHEN 'due_soon' THEN 1 ELSE 0 END, date '2026-06-01',
       timestamptz '2026-06-01' + n * interval '1 minute', timestamptz '2026-06-01' + n * interval '1 minute', 'armed'
  FROM generate_series(1, $1) AS n, unnest(ARRAY['overdue', 'due_soon', 'still_due']) AS kind
 ORDER BY md5(n::text)
"""
CLOCKS = """
INSERT INTO hazard_clock (hazard_id, number, county, sector, version, state, deadline_number, outcome, due_at,
                          reckoning, facts, event_id)
SELECT 'hz-' || n, 'N', '140502', 'all', 2, 'running', 1, 'open', timestamptz '2026-06-01', '{}', '{}', 'e'
  FROM generate_series(1, $1) AS n
"""


@pytest.fixture
async def crowded(scheduler_database: Database) -> Database:
    async with scheduler_database.acquire() as connection:
        await connection.execute(CLOCKS, ARMED)
        await connection.execute(FILL, ARMED)
        await connection.execute("ANALYZE alarm, hazard_clock")
    return scheduler_database


async def plan_of(database: Database, statement: str, types: str, values: str, mode: str) -> dict[str, Any]:
    """Return the plan as executed (and undone), prepared the way the driver does it."""
    async with database.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        await connection.execute(f"PREPARE polled ({types}) AS {statement}")
        text = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE polled ({values})")
        await connection.execute("DEALLOCATE polled")
        await transaction.rollback()
    plan: dict[str, Any] = json.loads(text)[0]["Plan"]
    return plan


CASES = (
    (
        "claim overdue",
        CLAIM_OVERDUE,
        "text, timestamptz, timestamptz, text[], text[]",
        "'hazard', '{}', '{}', '{{}}', NULL",
    ),
    (
        "claim due soon",
        CLAIM_DUE_SOON,
        "text, timestamptz, timestamptz, text[], text[]",
        "'hazard', '{}', NULL, '{{}}', NULL",
    ),
    (
        "claim still due",
        CLAIM_STILL_DUE,
        "text, timestamptz, timestamptz, text[], text[]",
        "'hazard', '{}', '{}', '{{}}', NULL",
    ),
    (
        "subjects overdue",
        DUE_SUBJECTS[Kind.OVERDUE],
        "text, timestamptz, timestamptz, text[]",
        "'hazard', '{}', '{}', '{{}}'",
    ),
)


async def test_the_polls_look_at_one_batch_whatever_is_due(crowded: Database) -> None:
    # Some hundreds, scattered over the table, are where the planner would rather take a bitmap scan and a sort.
    moments = {"nothing": "2026-05-01", "hundreds": "2026-06-01 05:00+00", "half": "2026-07-05", "all": "2027-01-01"}
    for case, statement, types, values in CASES:
        assert f"LIMIT {BATCH}" in statement
        for due, moment in moments.items():
            for mode in ("force_custom_plan", "force_generic_plan"):
                plan = await plan_of(crowded, statement, types, values.format(moment, moment), mode)
                # A batch of alarms and what is looked up for each of them.
                assert rows_of(plan) <= 4 * BATCH, f"{case}, {due} due, {mode}"


async def test_a_look_at_whether_anything_is_due_takes_one_row_of_each_kind(crowded: Database) -> None:
    for moment in ("2026-05-01", "2026-06-01 05:00+00", "2027-01-01"):
        for mode in ("force_custom_plan", "force_generic_plan"):
            plan = await plan_of(crowded, DUE_SINCE, "text, timestamptz", f"'hazard', '{moment}'", mode)
            assert rows_of(plan) <= 3 * len(Kind), f"{moment}, {mode}"
