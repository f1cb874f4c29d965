"""What the tests of notifications speak with: supervision events, and the profile of the example city."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
from msgspec.structs import replace

from deploy.local.receivers.hooks import Hooks
from deploy.local.receivers.store import Store, parse
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionEvent, SupervisionOverdue
from duban_contracts.events.types import Grade, HazardState
from duban_contracts.testing.stories import Story, hazard
from duban_contracts.topics import TopicFamily
from services.chassis.publishing.envelopes import new_event
from services.chassis.testing import kafka as chassis_testing
from services.notifications.settings import Settings

PROFILE: Final = Path(__file__).parents[3] / "deploy" / "profiles" / "jincheng"
DEADLINE: Final = date(2026, 3, 5)
NOW: Final = datetime(2026, 3, 6, 1, tzinfo=UTC)


def told(hazard_id: str = "h-1", *, county: str = "140502", unit: str | None = "fire_rescue", **facts: Any) -> Story:
    """A major hazard of a coal mine whose deadline is 5 March 2026; `facts` replace what is said of it."""
    said: dict[str, Any] = {
        "number": "JC-2026-000123",
        "reference": "AQ-1",
        "sector": "coal_mine",
        "state": HazardState.RECTIFYING,
        "grade": Grade.MAJOR,
        "deadline_on": DEADLINE,
    }
    return hazard(hazard_id, county=county, responsible_unit=unit, **said | facts)


def overdue(hazard_id: str = "h-1", *, deadline_number: int = 1, **facts: Any) -> SupervisionOverdue:
    return told(hazard_id, **facts).overdue_raised(number=deadline_number)


def due_soon(
    hazard_id: str = "h-1", *, deadline_number: int = 1, days_left: int = 3, **facts: Any
) -> SupervisionDueSoon:
    return told(hazard_id, **facts).due_soon_raised(NOW, days_left=days_left, number=deadline_number)


SECRET: Final = "a-secret-of-the-tests"
COUNTY: Final = "140502"
FOREIGN: Final = "140521"


def _office(unit: str, email: str | None, hook: str | None = None) -> dict[str, Any]:
    addresses = {}
    if email:
        addresses["email"] = f"{email}@{COUNTY}.example"
    if hook:
        addresses["webhook"] = hook if hook.startswith("http") else "{webhook_base}" + hook
    return {"county": COUNTY, "unit": unit, "name": f"测试{unit}", "addresses": addresses}


OFFICES: Final = [
    _office("county_safety_committee", "anweiban"),
    _office("fire_rescue", "xiaofang", f"/hooks/{COUNTY}/fire_rescue"),
    _office("transport", "unknown.jiaotong"),
    _office("market_regulation", "full-2.shijian", f"/flaky/2/{COUNTY}/market_regulation"),
    _office("energy_bureau", "overquota.nengyuan", f"/robot/93000/{COUNTY}/energy_bureau"),
    _office("water_bureau", None, f"/redirect/{COUNTY}/water_bureau"),
    _office("civil_affairs", None, f"/gone/{COUNTY}/civil_affairs"),
    _office("health_commission", "mute.weijian"),
    _office("commerce_bureau", "full.shangwu"),
    _office("culture_tourism_bureau", "bounce.wenlv"),
    _office("forestry_bureau", None, "/hooks/elsewhere/forestry_bureau"),
    _office("sports_bureau", None, "http://169.254.169.254/latest"),
]


@dataclass(frozen=True)
class Receivers:
    """The mail server and the webhook endpoint of a test, and what they hold."""

    directory: Path
    smtp_port: int
    webhook_port: int
    hooks: Hooks

    def mails(self) -> list[EmailMessage]:
        return [parse(content) for _, content in Store(self.directory / "mail", ".eml").contents()]

    def webhooks(self) -> list[dict[str, Any]]:
        return [json.loads(content) for _, content in Store(self.directory / "webhooks", ".json").contents()]

    def robots(self) -> list[dict[str, Any]]:
        return [json.loads(content) for _, content in Store(self.directory / "robots", ".json").contents()]


@dataclass(frozen=True)
class World:
    """A running service and everything around it, as one test sees it: `tag` marks the test's hazards."""

    settings: Settings
    client: httpx.AsyncClient
    connection: asyncpg.Connection[asyncpg.Record]
    tokens: Mapping[str, str]
    receivers: Receivers
    tag: str

    async def is_up(self) -> None:
        try:
            answer = await self.client.get("/healthz")
        except httpx.TransportError as error:
            raise AssertionError(str(error)) from error
        assert answer.status_code == 200

    async def say(self, *events: SupervisionEvent, event_id: str | None = None) -> None:
        """Publish supervision events as the scheduler does; each gets its own id unless one is given."""
        named = [self._mine(event) for event in events]
        made = [
            new_event(
                event,
                source="/duban/scheduler",
                subject=event.about.id,
                key=event.about.id,
                time=event.raised_at,
                event_id=event_id,
            )
            for event in named
        ]
        topic = f"{self.settings.topic_prefix}{TopicFamily.SUPERVISION}"
        await chassis_testing.publish(self.settings.kafka_bootstrap, topic, made)

    def _mine(self, event: SupervisionEvent) -> SupervisionEvent:
        return replace(event, about=replace(event.about, id=f"{self.tag}-{event.about.id}"))

    async def ask(self, who: str, method: str, path: str) -> httpx.Response:
        return await self.client.request(method, path, headers={"authorization": f"Bearer {self.tokens[who]}"})

    async def letters(self, who: str = "city") -> list[dict[str, Any]]:
        """This test's letters as `who` sees them, newest first."""
        answer = await self.ask(who, "GET", "/v1/letters?limit=500")
        assert answer.status_code == 200, answer.text
        return [letter for letter in answer.json()["items"] if letter["about"]["id"].startswith(self.tag)]

    async def whole(self, letter_id: str) -> dict[str, Any]:
        document: dict[str, Any] = (await self.ask("city", "GET", f"/v1/letters/{letter_id}")).json()
        return document

    async def settled(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait until `count` letters are there and nothing is on its way; return the whole letters, oldest first."""

        async def check() -> list[dict[str, Any]]:
            found = [await self.whole(letter["letter_id"]) for letter in reversed(await self.letters())]
            assert len(found) >= count, f"{len(found)} letters"
            states = [delivery["state"] for letter in found for delivery in letter["deliveries"]]
            assert not {"pending", "sending"} & set(states), states
            return found

        return await chassis_testing.eventually(check)

    async def deliveries(self) -> set[str]:
        letters = [await self.whole(letter["letter_id"]) for letter in await self.letters()]
        return {delivery["delivery_id"] for letter in letters for delivery in letter["deliveries"]}

    async def mails(self) -> list[EmailMessage]:
        """Return the mails that arrived about this test's letters."""
        mine = await self.deliveries()
        return [mail for mail in self.receivers.mails() if mail["Message-ID"][1:37] in mine]

    async def webhooks(self) -> list[dict[str, Any]]:
        """Return the webhooks that were kept about this test's letters."""
        mine = await self.deliveries()
        return [hook for hook in self.receivers.webhooks() if hook["webhook_id"] in mine]

    async def notices(self) -> list[CloudEvent]:
        """Return the notices of this test's letters once the outbox is empty, in order for each letter.

        Each once: what a killed relay publishes again is the same event.
        """

        async def drained() -> None:
            assert await self.connection.fetchval("SELECT count(*) FROM outbox") == 0

        await chassis_testing.eventually(drained)
        topic = f"{self.settings.topic_prefix}{TopicFamily.NOTICE}"
        events = await chassis_testing.read_all(self.settings.kafka_bootstrap, topic)
        mine = {letter["letter_id"] for letter in await self.letters()}
        once = {event.id: event for event in reversed(events) if event.subject in mine}
        return [event for event in events if event is once.get(event.id)]

    async def told(self) -> list[str]:
        """Return the short types of all notice events, sorted."""
        return sorted(event.type.removeprefix("duban.notice.").removesuffix(".v1") for event in await self.notices())
