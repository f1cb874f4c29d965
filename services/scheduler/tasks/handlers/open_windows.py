"""下达: the clock says to units what is theirs to do, when its window opens."""

from __future__ import annotations

from services.chassis.process.failpoints import reach
from services.chassis.storage.database import Database
from services.scheduler.tasks.handlers.taskbook import Taskbook, moving
from services.scheduler.tasks.moves import assign
from services.scheduler.tasks.tables import rows


async def open_windows(database: Database, *, taskbook: Taskbook) -> int:
    """Assign one batch of planned tasks whose window has opened; return how many.

    Their rows, events and alarms commit together. Several may run at once: what one of them holds the others skip.
    """
    async with database.transaction() as connection:
        opening = await rows.opening(connection, taskbook.clock.now())
        if opening:
            async with moving(connection, (), taskbook=taskbook, held=opening) as unit:
                for task in opening:
                    unit.record(assign(task, unit.at), time=unit.at)
                reach("scheduler.assigning")
    return len(opening)
