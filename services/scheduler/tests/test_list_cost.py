"""What a list, a search or a count costs is what it shows, whoever asks: nobody's scope makes it walk past those of others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any, Final

import pytest

from duban_contracts.testing.calendar import local
from services.chassis.access.scope import Scope
from services.chassis.storage.database import Connection, Database
from services.chassis.testing.plans import looked_at
from services.scheduler.alarms.model import AlarmState
from services.scheduler.clocks.tables import deadlines
from services.scheduler.followups import tables as followups
from services.scheduler.tasks.tables import lists
from services.scheduler.tasks.tables.lists import Filter, Group
from services.scheduler.tests.bench import PatientClock
from services.scheduler.tests.tasks.stage import report, stage_on
from services.scheduler.training import tables as training

Ask = Callable[[Connection, Scope], Awaitable[object]]
ROWS: Final = 20_000
PAGED: Final[dict[str, Any]] = {"after": None, "limit": 50}
# Of seven counties and forty sectors, in an order that has nothing to do with that of the lists. The last county and the last
# sector have a few at the very end: whoever walks to them walks past everything.
HAS: Final = """
CREATE TEMP TABLE has AS
SELECT n, 'x-' || n AS id, CASE WHEN n > 19990 THEN '140599' ELSE '1405' || lpad((n * 7919 % 6)::text, 2, '0') END AS county,
       CASE WHEN n > 19990 THEN 'rare' ELSE 'sector-' || n * 104729 % 40 END AS sector,
       '140500' || lpad((n * 7919 % 6 * 20 + n % 13)::text, 3, '0') AS township,
       timestamptz '2025-01-01 16:00Z' + n * interval '30 minutes' AS due
  FROM generate_series(1, {}) AS n"""
FILLED: Final = (
    """INSERT INTO hazard_clock (hazard_id, number, county, sector, township, version, state, deadline_number, outcome, due_at,
                                 reckoning, facts, event_id)
       SELECT id, id, county, sector, township, 1, 'stopped', 1, 'closed', due, '{}', '{}', 'e' FROM has ORDER BY md5(id)""",
    """INSERT INTO alarm (subject_kind, subject_id, subject_number, deadline_number, kind, days_before, deadline_on, fires_at,
                          due_at, state, raised_at)
       SELECT 'hazard', id, id, 1, kind, 0, due::date, due, due, CASE n % 10 WHEN 3 THEN 'raised' ELSE 'withdrawn' END,
              CASE n % 10 WHEN 3 THEN due END
         FROM has CROSS JOIN unnest(ARRAY['overdue', 'due_soon']) AS kind ORDER BY md5(id)""",
    """INSERT INTO follow_up (subject_kind, subject_id, subject_number, aggregate, county, sector, due_on, due_at, set_at, done_at,
                              version, event_id)
       SELECT 'look_back', id, id, id, county, sector, due::date, due, due, CASE WHEN n % 40 > 0 THEN due END, 1, 'e'
         FROM has ORDER BY md5(id)""",
    """INSERT INTO training_session (version, enterprise, county, sector, held_on, content, recorded_at, recorded_by)
       SELECT 1, lpad((n % 500)::text, 18, '0'), county, sector, due::date,
              '{"title": "安全生产法", "held_on": "2025-03-01", "hours": 2, "attendees": [{"number": "S1", "name": "某人（虚构）", "hours": 2, "result": "passed"}]}', due, 'x' FROM has ORDER BY md5(id)""",
    """INSERT INTO task (task_id, number, digest, opens_at, duty_id, duty_version, period, period_end, kind, title, county,
                         lead_unit, helper_units, sector, member_kind, member_code, plan, state, late, due_on, due_at,
                         deadline_number, version, submitted_at, ended_at, task)
       SELECT id, 'RW2026-' || upper(left(md5(id), 10)), decode(md5(id), 'hex'), due, 'duty-' || n % 100, 1, to_char(due, 'YYYY-MM'),
              due::date, (ARRAY['report', 'meeting', 'drill'])[1 + n % 3], '第' || n % 100 || '项' || CASE n % 4 WHEN 0 THEN '燃气' ELSE '检查' END,
              has.county, 'unit-' || n % 30, ' ', has.sector, 'unit', 'member-' || n % 900, 'plan-' || n % 5,
              CASE WHEN n > 18000 THEN 'planned' WHEN n % 40 = 0 THEN 'assigned' WHEN n % 41 = 0 THEN 'waived' ELSE 'accepted' END,
              n % 30 = 0, due::date, due, 1, CASE WHEN n > 18000 THEN 0 ELSE 3 END, due, due, pattern.task
         FROM has CROSS JOIN task AS pattern ORDER BY md5(id)""",
    "VACUUM (ANALYZE)",
)
SCOPES: Final = {
    "the city's office": Scope(),
    "a county's office": Scope(county=frozenset({"140503"})),
    "the office of a county that has few": Scope(county=frozenset({"140599"})),
    "a county that has nothing": Scope(county=frozenset({"140577"})),
    "a group of some counties": Scope(county=frozenset({"140501", "140504", "140505"})),
    "a city's regulator": Scope(sector=frozenset({"sector-3", "sector-17"})),
    "the regulator of what is rare": Scope(sector=frozenset({"rare"})),
    "the regulator of what there is none of": Scope(sector=frozenset({"none"})),
    "a county's regulator": Scope(county=frozenset({"140503"}), sector=frozenset({"sector-3", "sector-17"})),
}
TOWNSHIPS: Final = {
    "a group of some townships": Scope(
        county=frozenset({"140503"}), township=frozenset({"140500061", "140500064", "140500067"})
    ),
    "a group of townships that have nothing": Scope(county=frozenset({"140503"}), township=frozenset({"140500999"})),
}
FILTERS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"county": "140503"},
    {"lead": "unit-7", "state": "assigned"},
    {"lead": "unit-7", "owed": True},
    {"owed": True},
    {"owed": False, "due_from": date(2025, 8, 1)},
    {"member": "member-7"},
    {"duty": "duty-9", "period": "2025-05"},
    {"plan": "plan-3"},
    {"state": "waived"},
    {"state": "returned"},
    {"late": True, "state": "assigned"},
    {"due_from": date(2025, 4, 1), "due_to": date(2025, 4, 30)},
)
# Of every fourth task, of one duty, of none; a number's beginning, its end, the whole of one that there isn't.
WORDS: Final = ("燃气", "第7项", "没有", "rw2026-7f3", "7f", "RW2026-0123456789")
GROUPS: Final[tuple[Group | None, ...]] = (None, "county", "lead_unit", "state", "late", "plan", "duty_id", "period")
# A walk past all looks at 20,000 rows and touches as many pages, or 3,300 from one end of a table to the other; a page of those
# whose share is a twentieth takes 1,000. From an index alone a count reads 20,000 entries, and some hundred pages.
MOST: Final = 2_500


@pytest.fixture
async def crowded(scheduler_database: Database) -> Database:
    await stage_on(scheduler_database, PatientClock(local(1))).plan(report())
    async with scheduler_database.acquire() as connection:
        await connection.execute(HAS.format(ROWS))
        for each in FILLED:
            await connection.execute(each)
    return scheduler_database


def reads() -> Iterator[tuple[str, Ask, Mapping[str, Scope]]]:
    """Yield what is asked, and within which scopes."""
    for asked in FILTERS:
        yield f"tasks {asked}", partial(lists.page, wanted=Filter(**asked), **PAGED), SCOPES
    for text in WORDS:
        yield f"tasks that hold {text}", partial(lists.page, wanted=Filter(text=text), **PAGED), SCOPES
        waived = Filter(text=text, state="waived")
        yield f"waived tasks that hold {text}", partial(lists.page, wanted=waived, **PAGED), SCOPES
        yield f"how many tasks hold {text}", partial(lists.count, wanted=Filter(text=text), by="county"), SCOPES
    for group in GROUPS:
        yield f"how many tasks by {group}", partial(lists.count, wanted=Filter(), by=group), SCOPES
    for state in (None, AlarmState.RAISED, AlarmState.EXCUSED):
        wanted = deadlines.Filter(state=state)
        yield f"deadlines {state}", partial(deadlines.find, wanted=wanted, **PAGED), {**SCOPES, **TOWNSHIPS}
    for owed in (None, True, False):
        yield f"follow-ups {owed}", partial(followups.page, wanted=followups.Filter(is_owed=owed), **PAGED), SCOPES
    yield "trainings", partial(training.page, wanted=training.Filter(), **PAGED), SCOPES


async def test_no_list_search_or_count_walks_past_what_it_does_not_show(crowded: Database) -> None:
    wrong = []
    for name, ask, scopes in reads():
        for who, scope in scopes.items():
            cost = await looked_at(crowded, partial(_within, ask, scope))
            from_index = "how many" in name or "hold" in name
            if cost.blocks > MOST or (cost.rows > MOST and not from_index):
                wrong.append(f"{name}, asked by {who}: {cost}")
    assert not wrong, "\n".join(wrong)


async def _within(ask: Ask, scope: Scope, connection: Connection) -> object:
    return await ask(connection, scope)
