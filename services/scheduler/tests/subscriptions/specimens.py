"""What the rights test is told of subscriptions and their feeds."""

from __future__ import annotations

from typing import Final

from duban_contracts.testing.calendar import local
from services.chassis.access.scope import Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Kind, Specimen
from services.scheduler.subscriptions.handlers import issue
from services.scheduler.subscriptions.model import NewSubscription

_BODY: Final = {"name": "任务日历", "unit": "fire_rescue"}


async def _issued(database: Database, _: Facts) -> tuple[str, str]:
    """Issue a subscription; return its id and its secret."""
    wanted = NewSubscription(name="任务日历", unit="fire_rescue")
    async with database.transaction() as connection:
        made, token = await issue(connection, wanted, at=local(1), by="city-office-1")
    return made.subscription_id, token


SPECIMENS: Final = [
    Specimen.plain("GET /v1/subscriptions", call=lambda _: Call(path="/v1/subscriptions")),
    Specimen.plain("POST /v1/subscriptions", call=lambda _: Call(path="/v1/subscriptions", json=_BODY)),
    Specimen.item(
        "POST /v1/subscriptions/{subscription_id}/revoke",
        make=_issued,
        call=lambda made: Call(path=f"/v1/subscriptions/{made[0]}/revoke"),
        missing=Call(path="/v1/subscriptions/0000-0000/revoke"),
    ),
    Specimen(
        route="GET /v1/calendar-feeds/{token}.ics",
        kind=Kind.PLAIN,
        make=_issued,
        call=lambda made: Call(path=f"/v1/calendar-feeds/{made[1]}.ics"),
    ),
]
