"""Plants and what they checked: registered, changed, filed, withdrawn, in the caller's transaction; and their sheets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from duban_contracts.deadlines.calendar import WorkingCalendar
from duban_contracts.refusals import Refusal, refusal, violation
from services.chassis.access.acting import Acting
from services.chassis.access.scope import Facts
from services.chassis.storage.database import Connection
from services.chassis.web.preconditions import Precondition
from services.scheduler.selfchecks import tables
from services.scheduler.selfchecks.model import (
    Check,
    CheckFindings,
    LevelSheet,
    Plant,
    PlantLayout,
    SheetSpan,
    sheet,
    span_on,
)
from services.scheduler.selfchecks.moves import broken_check, broken_layout
from services.scheduler.selfchecks.tables import EntryStamp

EARLIEST: Final = date(2020, 1, 1)
# The first week that ends inside a month began at most so long before it.
_BEFORE: Final = timedelta(days=6)


def facts_of(plant: Plant) -> Facts:
    """Return what decides who may see a plant."""
    return Facts(county=plant.county, sector=plant.sector, enterprise=plant.enterprise)


async def register(
    connection: Connection, laid: PlantLayout, of: Facts, *, counties: Collection[str], acting: Acting
) -> Plant | Refusal:
    """Register a plant at a place; return it, or why not. A place outside the caller's scope is not there."""
    if not acting.caller.finds(of):
        return refusal("selfcheck-plant-not-found", field="enterprise")
    county = of.county or ""
    if county not in counties:
        return violation("unknown-value", "$.county", values=", ".join(sorted(counties)))
    if said := next(broken_layout(laid, None, EARLIEST), None):
        return said
    return await tables.insert_plant(
        connection, laid, enterprise=of.enterprise or "", county=county, sector=of.sector, stamp=_stamp(acting)
    )


async def change(
    connection: Connection, plant_id: UUID, laid: PlantLayout, *, reason: str, expecting: Precondition, acting: Acting
) -> Plant | Refusal:
    """Lay a plant out anew; return it, or why not."""
    plant = await _own(connection, plant_id, acting, lock=True)
    if isinstance(plant, Refusal):
        return plant
    said = expecting.unmet(plant.version) or next(broken_layout(laid, plant.laid, EARLIEST), None)
    if said:
        return said
    changed = replace(
        plant,
        version=plant.version + 1,
        laid=laid,
        recorded_at=acting.at,
        recorded_by=acting.account,
        reason=reason,
    )
    await tables.replace_plant(connection, changed)
    return changed


async def file_check(
    connection: Connection, plant_id: UUID, found: CheckFindings, *, acting: Acting
) -> Check | Refusal:
    """File what was checked; return it, or why not. Nothing that another level lacks is asked about."""
    plant = await _own(connection, plant_id, acting)
    if isinstance(plant, Refusal):
        return plant
    if said := next(broken_check(found, plant.laid, acting.today), None):
        return said
    return await tables.insert_check(connection, plant, found, filed_on=acting.today, stamp=_stamp(acting))


async def withdraw_check(
    connection: Connection, plant_id: UUID, check_id: UUID, *, reason: str, acting: Acting
) -> Check | Refusal:
    """Take back what was filed by mistake; return it, or why not."""
    plant = await _own(connection, plant_id, acting)
    if isinstance(plant, Refusal):
        return plant
    taken = await tables.withdraw(connection, plant_id, check_id, reason=reason, stamp=_stamp(acting))
    return refusal("selfcheck-not-found", field="check_id") if taken is None else taken


async def _own(connection: Connection, plant_id: UUID, acting: Acting, *, lock: bool = False) -> Plant | Refusal:
    plant = await tables.find_plant(connection, plant_id, lock=lock)
    if plant is None or not acting.caller.finds(facts_of(plant)):
        return refusal("selfcheck-plant-not-found", field="plant_id")
    return plant


async def sheets(
    connection: Connection,
    plants: Sequence[Plant],
    *,
    span: SheetSpan,
    day: date,
    today: date,
    calendar: WorkingCalendar,
) -> list[list[LevelSheet]]:
    """Return the sheet of each plant for the week, month or quarter of `day`, as of `today`."""
    within = span_on(span, day)
    filed = await tables.checks_within(
        connection, [plant.plant_id for plant in plants], within.start - _BEFORE, within.end
    )
    return [
        sheet(plant.laid, filed[plant.plant_id], span=span, day=day, today=today, is_workday=calendar.is_workday)
        for plant in plants
    ]


def _stamp(acting: Acting) -> EntryStamp:
    return EntryStamp(acting.at, acting.account)
