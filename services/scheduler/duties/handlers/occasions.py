"""Occasions: those of the calendar, and those that somebody enters, whose checks are planned at once (SY17)."""

from __future__ import annotations

from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.acting import Acting
from services.chassis.storage.database import Connection
from services.scheduler.duties.handlers.plan import Planner, Planning, plan_duties
from services.scheduler.duties.model.checks import check_occasion
from services.scheduler.duties.model.occasions import Occasion
from services.scheduler.duties.tables import duties, occasions


async def add_occasion(
    connection: Connection, occasion: Occasion, *, acting: Acting, planner: Planner
) -> Planning | Refusal:
    """Enter an occasion and plan what it calls for, in the caller's transaction; return the planning, or why not."""
    if broken := next(check_occasion(occasion), None):
        return broken
    taken = any(occasion.occasion_id == holiday.occasion_id for holiday in planner.holidays)
    if taken or not await occasions.insert(connection, occasion, at=acting.at, by=acting.account):
        return refusal("occasion-exists", field="$.occasion_id")
    called = await duties.occasional(connection)
    return await plan_duties(connection, called, planner=planner, now=acting.at)


async def occasions_of(connection: Connection, year: int, *, planner: Planner) -> list[tuple[Occasion, bool]]:
    """Return the occasions that touch a year in order of their first day, each with whether the calendar has it."""
    entered = [(each, False) for each in await occasions.page(connection)]
    known = [*((each, True) for each in planner.holidays), *entered]
    within = [each for each in known if each[0].starts_on.year <= year <= each[0].ends_on.year]
    return sorted(within, key=lambda each: (each[0].starts_on, each[0].occasion_id))
