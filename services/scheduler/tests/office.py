"""The committee's office on a real database and over HTTP: it loads duties, plans them, and asks what there is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from services.chassis.access import keys as api_keys
from services.chassis.access.acting import Acting
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Scope
from services.chassis.assembly import Platform
from services.chassis.storage.database import Connection, Database
from services.chassis.testing.clock import ManualClock
from services.scheduler.duties.handlers.keep import DutiesKept, keep_duties
from services.scheduler.duties.handlers.plan import Planner, Planning, plan_all
from services.scheduler.duties.model.duty import Duty
from services.scheduler.settings import Settings
from services.scheduler.tests.serving import app_on

TABLES: Final = Path(__file__).parents[3] / "deploy" / "profiles" / "jincheng" / "duties"
NINE_ONES: Final = TABLES / "nine-ones-2024.json"
PEOPLE: Final = {
    "office": NewKey(Principal("city-office-1", "city_office", "140500"), api_keys.new_token()),
    "county": NewKey(Principal("county-office-1", "county_office", "140502"), api_keys.new_token()),
    "director": NewKey(Principal("director-1", "committee_director", "140500"), api_keys.new_token()),
    "observer": NewKey(Principal("observer-1", "observer", "140500"), api_keys.new_token()),
}


def office_acting(at: datetime, today: date) -> Acting:
    """Return the city's office as it does something at an instant."""
    return Acting(Caller(PEOPLE["office"].principal, Scope(), "test"), at, today)


@dataclass
class Office:
    """What the office does. `planner` may be replaced: another roster, another calendar."""

    database: Database
    clock: ManualClock
    planner: Planner
    client: httpx.AsyncClient

    async def ask(self, path: str, *, who: str = "office", status: int = 200, **query: Any) -> Any:
        """Return what a GET answers."""
        found = await self.client.get(path, params=query, headers=_key(who))
        assert found.status_code == status, found.text
        return found.json()

    async def tell(
        self,
        path: str,
        body: Any = None,
        *,
        who: str = "office",
        status: int = 200,
        content: bytes | None = None,
        **query: Any,
    ) -> Any:
        """Return what a POST of `body` (or of raw bytes) answers."""
        raw = msgspec.json.encode(body) if content is None else content
        headers = {**_key(who), "Content-Type": "application/json"}
        found = await self.client.post(path, params=query, content=raw, headers=headers)
        assert found.status_code == status, found.text
        return found.json()

    def headers(self, who: str = "office", *, match: str) -> dict[str, str]:
        """Return the headers of somebody whose decision rests on a version."""
        return {**_key(who), "If-Match": match}

    async def load(self, path: Path, *, status: int = 200, **query: Any) -> Any:
        """Load a file of the profile over HTTP."""
        return await self.tell("/v1/imports", content=path.read_bytes(), status=status, **query)  # noqa: ASYNC240 - a small file

    async def keep(self, *duties: Duty, at: datetime | None = None) -> tuple[DutiesKept, Planning]:
        """Keep duties and plan them, as loading does."""
        async with self.database.transaction() as connection:
            when = at or self.clock.now()
            acting = office_acting(when, self.planner.zone.day_of(when))
            return await keep_duties(connection, duties, acting=acting, planner=self.planner)

    async def plan(self, **changed: Any) -> Planning:
        """Plan as the job does, with another roster or calendar where `changed` says so."""
        self.planner = replace(self.planner, **changed)
        return await plan_all(self.database, planner=self.planner, clock=self.clock)

    async def tasks(self, duty_id: str | None = None) -> list[dict[str, Any]]:
        """Return the tasks that are planned, in order of their windows and members."""
        async with self.database.acquire() as connection:
            return await tasks_of(connection, duty_id)


async def tasks_of(connection: Connection, duty_id: str | None) -> list[dict[str, Any]]:
    rows = await connection.fetch(
        """SELECT task_id, duty_id, duty_version, period, kind, title, county, lead_unit, helper_units, member_code,
                  state, due_on, (task -> 'plan' ->> 'window_start')::date AS opens_on
             FROM task WHERE ($1::text IS NULL OR duty_id = $1) AND state <> 'cancelled'
            ORDER BY opens_on, due_on, duty_id, member_code""",
        duty_id,
    )
    return [dict(row) for row in rows]


def june(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the tasks that are due in June 2024."""
    return [task for task in tasks if date(2024, 6, 1) <= task["due_on"] <= date(2024, 6, 30)]


async def office_on(platform: Platform[Settings], clock: ManualClock) -> Office:
    """Open the office on this platform."""
    async with platform.database.transaction() as connection:
        await api_keys.store(connection, list(PEOPLE.values()))
    transport = httpx.ASGITransport(app_on(platform))
    client = httpx.AsyncClient(transport=transport, base_url="http://scheduler")
    return Office(platform.database, clock, Planner.on(platform), client)


def _key(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {PEOPLE[who].token}"}
