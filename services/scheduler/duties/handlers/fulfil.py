"""How a duty was fulfilled, from its tasks (SY03)."""

from __future__ import annotations

from datetime import date
from typing import Final

from duban_contracts.days import Zone
from services.chassis.access.scope import Facts, Scope
from services.chassis.storage.database import Connection
from services.scheduler.duties.model.fulfilment import Asked, Fulfilment, fulfilments
from services.scheduler.tasks.tables import plans

_DONE: Final = "accepted"
_NOT_REQUIRED: Final = frozenset({"waived", "cancelled"})


async def fulfilment_of(
    connection: Connection, duty_id: str, *, scope: Scope, today: date, zone: Zone
) -> list[Fulfilment]:
    """Return how the periods of a duty stand on `today`, counted over the tasks in `scope`: a county sees its own.

    What is in scope is what the list of tasks shows: a regulator of one sector sees the tasks of that one.
    """
    asked = [
        Asked(
            period=row.period,
            due_on=row.due_on,
            done_on=zone.day_of(row.submitted_at) if row.state == _DONE and row.submitted_at else None,
            required=row.state not in _NOT_REQUIRED,
            county=row.county,
            member=row.member_code,
        )
        for row in await plans.done_days(connection, duty_id)
        if scope.covers(Facts(county=row.county, sector=row.sector, unit=row.lead_unit))
    ]
    return fulfilments(asked, today)
