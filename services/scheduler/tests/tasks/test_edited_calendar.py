"""A calendar or policy that is edited in mid-year moves reminders that are still ahead; none is lost, none said twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from duban_contracts.deadlines.calendar import CityDays, WorkingCalendar
from duban_contracts.testing.calendar import local
from services.scheduler.tasks.handlers.remind import plan_reminders
from services.scheduler.tasks.model.policy import KindReminders
from services.scheduler.tests.builders import WEEKENDS_ONLY
from services.scheduler.tests.tasks.stage import POLICY, Stage, report

TASK = report(due_on=date(2026, 6, 5), window_start=date(2026, 5, 20))


def closed(*days: date) -> CityDays:
    return CityDays(WEEKENDS_ONLY.zone, WorkingCalendar(frozenset({2026}), dict.fromkeys(days, "节"), {}))


async def reminders(stage: Stage) -> dict[str, object]:
    async with stage.database.acquire() as connection:
        found = await connection.fetch(
            "SELECT kind, fires_at FROM alarm WHERE kind <> 'overdue' AND state IN ('armed', 'held')"
        )
    return {row["kind"]: row["fires_at"] for row in found}


async def begin(stage: Stage) -> None:
    stage.clock.set(local(20, month=5))
    await stage.plan(TASK)
    await stage.tick()


async def edit(stage: Stage, days: CityDays, default: KindReminders = POLICY.default) -> int:
    policy = replace(POLICY, days=days, default=default)
    basis = repr((days.calendar.holidays, default)).encode()
    stage.taskbook = replace(stage.taskbook, policy=policy, basis=basis)
    return await plan_reminders(stage.database, taskbook=stage.taskbook)


async def test_reminders_ahead_move_with_the_calendar_and_once(stage: Stage) -> None:
    await begin(stage)
    assert await reminders(stage) == {"due_soon": local(2, 9), "still_due": local(8, 9)}
    assert await edit(stage, closed(date(2026, 6, 2), date(2026, 6, 8))) == 2
    assert await reminders(stage) == {"due_soon": local(1, 9), "still_due": local(9, 9)}
    assert await edit(stage, closed(date(2026, 6, 2), date(2026, 6, 8))) == 0, "planned by these files already"


async def test_a_reminder_that_moves_into_the_past_is_sent_at_once(stage: Stage) -> None:
    await begin(stage)
    await stage.at(local(1, 12))
    await edit(stage, closed(date(2026, 6, 1), date(2026, 6, 2)))
    await stage.tick()
    assert await stage.kinds(TASK) == ["assigned", "due_soon"]
    await stage.at(local(2, 9))
    assert await stage.kinds(TASK) == ["assigned", "due_soon"]


async def test_a_policy_may_take_reminders_back_and_add_others(stage: Stage) -> None:
    await begin(stage)
    await edit(stage, WEEKENDS_ONLY, KindReminders(before=(3, 1), after=None))
    await stage.at(local(9, 12))
    assert await stage.kinds(TASK) == ["assigned", "overdue"]
    assert "reminded" not in await stage.kinds(TASK)
