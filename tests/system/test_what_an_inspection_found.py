"""An inspection through two services as processes: what it found becomes hazards, and its task shows what became of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from deploy.local.ports import free_ports
from deploy.local.settings import LOOPBACK, ROOT
from duban_contracts.codec import decode
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.profile import load_city
from duban_contracts.testing.findings import finding
from duban_contracts.topics import city_topics, feedback_topic
from services.chassis.access import keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.process.clock import ZONE
from services.chassis.storage.database import connect
from services.chassis.storage.schema import migrate
from services.chassis.testing.kafka import create_topics, eventually, read_all
from services.chassis.testing.processes import process
from services.ledger import bootstrap as ledger
from services.scheduler import bootstrap as scheduler

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600), pytest.mark.feature("SY09"), pytest.mark.promise("P1")]

PROFILE = ROOT / "deploy" / "profiles" / "jincheng"
COUNTY = "140521"
UNIT = "emergency_management"
PEOPLE = {
    "office": NewKey(Principal("city-office-1", "city_office", "140500", "safety_committee_office"), keys.new_token()),
    "unit": NewKey(Principal("city-regulator-1", "city_regulator", "140500", UNIT), keys.new_token()),
}
DUTY: dict[str, Any] = {
    "duty_id": "monthly-checks",
    "kind": "inspection",
    "title": "每月安全生产检查",
    "rule": {"by": "quota", "period": "month"},
    "lead": UNIT,
    "source": {"document": "S0", "item": "二"},
}
# Everything that takes a hop over Kafka is there within this many wall seconds, also beside busy neighbours.
SOON = 120


@dataclass
class City:
    """The two services: where they are, and what is said between them."""

    client: httpx.AsyncClient
    urls: Mapping[str, str]
    bootstrap: str
    prefix: str

    async def ask(self, service: str, path: str, who: str = "unit", **query: str) -> Any:
        answer = await self.client.get(self.urls[service] + path, params=query, headers=_as(who))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tell(self, service: str, path: str, body: dict[str, Any], who: str = "unit") -> Any:
        answer = await self.client.post(self.urls[service] + path, json=body, headers=_as(who))
        assert answer.is_success, answer.text
        return answer.json()

    async def is_up(self) -> None:
        for url in self.urls.values():
            try:
                answer = await self.client.get(f"{url}/readyz")
            except httpx.TransportError as error:
                raise AssertionError(f"{url} is not listening yet") from error
            assert answer.status_code == 200, answer.text

    async def inspection(self) -> str:
        """The number of an inspection that is assigned now."""
        today = datetime.now(ZONE).date()
        await self.tell("scheduler", "/v1/duties", {**DUTY, "valid_from": today.replace(day=1).isoformat()}, "office")

        async def assigned() -> str:
            items = (await self.ask("scheduler", "/v1/tasks", duty=DUTY["duty_id"], state="assigned"))["items"]
            assert items
            number: str = items[0]["number"]
            return number

        return await eventually(assigned, SOON)

    async def file(self, task: str, *findings: dict[str, Any]) -> None:
        await self.tell("scheduler", f"/v1/tasks/{task}/submit", {"summary": "检查 3 家", "findings": list(findings)})

    async def found(self, task: str) -> list[dict[str, Any]]:
        """What the task shows of its findings."""
        shown: list[dict[str, Any]] = (await self.ask("scheduler", f"/v1/tasks/{task}"))["findings"]
        return shown

    async def hazards(self, task: str) -> dict[str, dict[str, Any]]:
        """What the ledger holds of a task's findings, by the finding's own reference."""
        items = (await self.ask("ledger", "/v1/hazards", task=task))["items"]
        return {item["reference"].removeprefix(f"{task}/"): item for item in items}

    async def county_hears(self) -> list[str]:
        """The types of what the county was told about hazards that an inspection found, each event once."""
        events = await read_all(self.bootstrap, feedback_topic(COUNTY, self.prefix))
        told = {event.id: (event.type.split(".")[2], decode(event)) for event in events}
        return [name for name, data in told.values() if isinstance(data, HazardEvent) and data.hazard.found_by]


def _as(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {PEOPLE[who].token}"}


def said(reference: str, found_on: date, **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(finding(reference, county=COUNTY, found_on=found_on, **fields))
    return body


@pytest.fixture
async def city(kafka_bootstrap: str, topic_prefix: str, make_database: Callable[[], str]) -> AsyncIterator[City]:
    counties = [county.code for county in load_city(PROFILE).counties]
    await create_topics(kafka_bootstrap, city_topics(counties, topic_prefix))
    ports = dict(zip(("ledger", "scheduler"), free_ports(2), strict=True))
    roles = {"ledger": "http,consumer,relay", "scheduler": "http,consumer,relay,clock"}
    async with AsyncExitStack() as stack:
        for service, of in (("ledger", ledger), ("scheduler", scheduler)):
            dsn = make_database()
            await migrate(dsn, of.MIGRATIONS, of.SLICES)
            await _give_keys(dsn)
            environment = {
                "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
                "DUBAN_POSTGRES_DSN": dsn,
                "DUBAN_TOPIC_PREFIX": topic_prefix,
                "DUBAN_PROFILE": str(PROFILE),
                "DUBAN_HTTP_PORT": str(ports[service]),
            }
            await stack.enter_async_context(process(service, environment, roles=roles[service]))
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=60))
        urls = {service: f"http://{LOOPBACK}:{port}" for service, port in ports.items()}
        city = City(client, urls, kafka_bootstrap, topic_prefix)
        await eventually(city.is_up, SOON)
        yield city


async def _give_keys(dsn: str) -> None:
    database = await connect(dsn, application_name="test")
    try:
        async with database.transaction() as connection:
            await keys.store(connection, list(PEOPLE.values()))
    finally:
        await database.close()


async def test_what_an_inspection_found_becomes_hazards_and_the_task_shows_what_became_of_them(city: City) -> None:
    task, today = await city.inspection(), datetime.now(ZONE).date()
    await city.file(task, said("1", today), said("2", today, suggested_grade="major"))

    async def all_registered() -> None:
        found = await city.found(task)
        assert [each["hazard"] and each["hazard"]["state"] for each in found] == ["reported", "reported"]

    await eventually(all_registered, SOON)
    hazards, found = await city.hazards(task), await city.found(task)
    assert [each["hazard"]["number"] for each in found] == [hazards["1"]["number"], hazards["2"]["number"]]
    assert {(item["county"], item["found_by"]["unit"], item["grade"]) for item in hazards.values()} == {
        (COUNTY, UNIT, None)
    }
    await _confirmed(city, task, hazards["1"])
    await _filed_again(city, task, today)

    async def the_county_has_heard() -> None:
        assert sorted(await city.county_hears()) == ["confirmed", "corrected", *["registered"] * 3]

    await eventually(the_county_has_heard, SOON)


async def _confirmed(city: City, task: str, hazard: Mapping[str, Any]) -> None:
    """A regulator confirms one of them; the task shows it."""
    deadline = (datetime.now(UTC).date() + timedelta(days=10)).isoformat()
    body = {"grade": "general", "responsible_unit": UNIT, "deadline_on": deadline}
    await city.tell("ledger", f"/v1/hazards/{hazard['number']}/confirm", body)

    async def shown() -> None:
        known = (await city.found(task))[0]["hazard"]
        assert (known["state"], known["grade"], known["deadline_on"]) == ("confirmed", "general", deadline)

    await eventually(shown, SOON)


async def _filed_again(city: City, task: str, today: date) -> None:
    """Returned and filed again: one can't be corrected any more, one is, one is new, and nothing is doubled."""
    await city.tell("scheduler", f"/v1/tasks/{task}/return", {"reason": "补充现场情况"}, "office")
    await city.file(task, said("1", today, place="别处"), said("2", today, place="三号车间"), said("3", today))

    async def answered() -> None:
        first, second, third = await city.found(task)
        assert first["refusal"], first
        assert (first["refusal"]["code"], first["refusal"]["field"]) == ("reference-already-confirmed", "reference")
        assert (second["hazard"]["version"], second["refusal"]) == (2, None)
        assert third["hazard"], third

    await eventually(answered, SOON)
    hazards = await city.hazards(task)
    assert {own: item["place"] for own, item in hazards.items()} == {
        "1": "二号车间配电室",
        "2": "三号车间",
        "3": "二号车间配电室",
    }
