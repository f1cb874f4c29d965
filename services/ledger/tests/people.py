"""The people and machines of the tests, and how they speak to the ledger over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import httpx

from duban_contracts.groups import SupervisionGroup
from duban_contracts.profile import City, Level, Region
from duban_contracts.testing.calendar import ZONE
from services.chassis.access import keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.chassis.storage.database import Connection

HOME: Final = "140502"
FOREIGN: Final = "140521"
COUNTIES: Final = (HOME, FOREIGN)
TOWNSHIP: Final = "140502001"
# Two counties; the townships of one are listed, those of the other are not.
CITY: Final = City(
    code="140500",
    name="晋城市",
    timezone="Asia/Shanghai",
    regions=(
        Region(code="140500", name="晋城市", level=Level.CITY),
        Region(code=HOME, name="城区", level=Level.COUNTY),
        Region(code=FOREIGN, name="沁水县", level=Level.COUNTY),
        Region(code=TOWNSHIP, name="东街街道", level=Level.TOWNSHIP, aliases=("东街",), parent=HOME),
    ),
    groups=(
        SupervisionGroup(code="G1", name="第一督导组", areas=(HOME,)),
        SupervisionGroup(code="G2", name="第二督导组", areas=(FOREIGN,)),
    ),
)

PEOPLE: Final = {
    "city": Principal("city-regulator-1", Role.CITY_REGULATOR, "140500"),
    "city-2": Principal("city-regulator-2", Role.CITY_REGULATOR, "140500"),
    "county": Principal("regulator-140502-1", Role.COUNTY_REGULATOR, HOME),
    "county-2": Principal("regulator-140502-2", Role.COUNTY_REGULATOR, HOME),
    "bureau": Principal("bureau-140502-1", Role.COUNTY_REGULATOR, HOME, unit="emergency_management"),
    "foreign": Principal("regulator-140521-1", Role.COUNTY_REGULATOR, FOREIGN),
    "township": Principal("township-140502001-1", Role.TOWNSHIP_OFFICER, TOWNSHIP),
    "coal": Principal("regulator-140502-3", Role.COUNTY_REGULATOR, HOME, sectors=("coal_mine",)),
    "office": Principal("city-office-1", Role.CITY_OFFICE, "140500"),
    "tips": Principal("tip-officer-1", Role.TIP_OFFICER, "140500"),
    "tips-2": Principal("tip-officer-2", Role.TIP_OFFICER, "140500"),
    "tips-home": Principal("tip-officer-140502", Role.TIP_OFFICER, HOME),
    "group": Principal("supervision-group-1", Role.SUPERVISION_GROUP, "G1"),
    "director": Principal("director-1", Role.COMMITTEE_DIRECTOR, "140500"),
    "worker": Principal("enterprise-user-1", Role.ENTERPRISE_USER, HOME, enterprise="91140500MA0XXXX001"),
    "principal": Principal("enterprise-principal-1", Role.ENTERPRISE_PRINCIPAL, HOME, enterprise="91140500MA0XXXX001"),
    "other-principal": Principal(
        "enterprise-principal-2", Role.ENTERPRISE_PRINCIPAL, HOME, enterprise="91140500MA0XXXX002"
    ),
    "machine": Principal("county-140502", Role.INTEGRATOR, HOME),
    "operator": Principal("operator-1", Role.OPERATOR, "140500"),
}


async def give_keys(connection: Connection) -> dict[str, str]:
    """Store a key for each of PEOPLE; return their tokens."""
    tokens = {who: keys.new_token() for who in PEOPLE}
    await keys.store(connection, [NewKey(PEOPLE[who], tokens[who]) for who in PEOPLE])
    return tokens


@dataclass(kw_only=True)
class People:
    """Whoever calls the ledger over HTTP; `now` is the ledger's own time."""

    client: httpx.AsyncClient
    tokens: Mapping[str, str]
    now: datetime

    @property
    def today(self) -> date:
        return ZONE.day_of(self.now)

    def in_days(self, days: int) -> str:
        return (self.today + timedelta(days=days)).isoformat()

    def auth(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    async def get(self, path: str, who: str = "city", **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query, headers=self.auth(who))

    async def post(
        self, hazard: str, move: str, body: dict[str, Any], who: str = "city", **headers: str
    ) -> httpx.Response:
        return await self.client.post(f"/v1/hazards/{hazard}/{move}", json=body, headers={**self.auth(who), **headers})

    async def confirm(self, hazard: Mapping[str, Any], who: str = "city", **fields: Any) -> httpx.Response:
        body = {
            "grade": "general",
            "responsible_unit": "emergency_management",
            "deadline_on": self.in_days(10),
            **fields,
        }
        return await self.post(hazard["hazard_id"], "confirm", body, who)

    async def submit(self, hazard: Mapping[str, Any], who: str = "city") -> httpx.Response:
        body = {"measures": "已更换并校验", "completed_on": self.in_days(0)}
        return await self.post(hazard["hazard_id"], "submit", body, who)

    async def struck_off(self, hazard: str, *who: str) -> dict[str, Any]:
        """A hazard in review once it is struck off, by as many of these, or of the city's, as that takes."""
        found: dict[str, Any] = {}
        for reviewer in who or ("city", "city-2"):
            if found.get("state") != "closed":
                answer = await self.post(hazard, "close", {"review": "现场复查合格"}, reviewer)
                assert answer.status_code == 200, answer.text
                found = answer.json()
        assert found["state"] == "closed"
        return found
