"""What the tests of trainings enter: a session of two people, and the keys of those who ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from services.chassis.access import keys as api_keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.storage.database import Database

COUNTY: Final = "140502"
ENTERPRISE: Final = "91140502XXXX000192"
ANOTHER: Final = "91140502XXXX00027W"
# Names that stand nowhere else: where one of them is found, it came from here.
ZHANG: Final = "张标记甲"
LI: Final = "李标记乙"


def _key(account: str, role: str, area: str, enterprise: str | None = None) -> NewKey:
    return NewKey(Principal(account, role, area, enterprise=enterprise), api_keys.new_token())


KEYS: Final = {
    "enterprise": _key("enterprise-1", "enterprise_user", COUNTY, ENTERPRISE),
    "neighbour": _key("enterprise-2", "enterprise_principal", COUNTY, ANOTHER),
    "county": _key("county-office-1", "county_office", COUNTY),
    "foreign": _key("county-office-2", "county_office", "140521"),
    "city": _key("city-office-1", "city_office", "140500"),
    "regulator": _key("regulator-1", "county_regulator", COUNTY),
}


def attendee(number: str, name: str, *, hours: float = 8, result: str = "passed") -> dict[str, Any]:
    """Return one line of a session as it is sent."""
    return {"number": number, "name": name, "hours": hours, "result": result}


def session(**changed: Any) -> dict[str, Any]:
    """Return a session of two people as it is sent."""
    sent = {
        "enterprise": ENTERPRISE,
        "county": COUNTY,
        "title": "新上岗人员三级安全教育",
        "held_on": "2024-05-10",
        "hours": 8,
        "attendees": [attendee("G-001", ZHANG), attendee("G-002", LI, hours=6.5, result="failed")],
    }
    return {**sent, **changed}


@dataclass(frozen=True, slots=True)
class Books:
    """Asks the API with the key of one account."""

    client: httpx.AsyncClient
    database: Database

    async def ask(self, path: str, *, who: str = "county", status: int = 200, **query: Any) -> Any:
        """Return what a GET answers."""
        found = await self.client.get(path, params=query, headers=headers(who))
        assert found.status_code == status, found.text
        return found.json()

    async def tell(
        self, path: str, body: Mapping[str, Any], *, who: str = "enterprise", status: int = 200, **more: str
    ) -> Any:
        """Return what a POST answers; `more` are further headers."""
        sent = {**headers(who), **{name.replace("_", "-"): value for name, value in more.items()}}
        found = await self.client.post(path, json=body, headers=sent)
        assert found.status_code == status, found.text
        return found.json()

    async def enter(self, **changed: Any) -> str:
        """Enter a session; return its id."""
        made = await self.tell("/v1/trainings", session(**changed), status=201)
        return str(made["session_id"])


def headers(who: str) -> dict[str, str]:
    """Return the headers of an account."""
    return {"Authorization": f"Bearer {KEYS[who].token}"}


async def store_keys(database: Database) -> None:
    """Store the keys of everybody who asks."""
    async with database.transaction() as connection:
        await api_keys.store(connection, list(KEYS.values()))
