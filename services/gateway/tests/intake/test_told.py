"""The trail says which events of which request went in, and of nobody who was refused that he sent any (SY66)."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from typing import cast
from uuid import uuid4

import pytest

from duban_contracts.cloudevents import STRUCTURED_CONTENT_TYPE, CloudEvent
from services.chassis.process.clock import SystemClock
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.storage.database import connect
from services.chassis.telemetry import acts
from services.chassis.testing.kafka import eventually
from services.chassis.testing.workers import rectified
from services.gateway.intake.handlers.accept_events import Intake, accept_events
from services.gateway.intake.handlers.mark_events import Marks
from services.gateway.intake.handlers.reserve_events import Reservations
from services.gateway.intake.model.claims import Claim
from services.gateway.intake.model.outcomes import Outcome
from services.gateway.tests.world import HOME, World, report

pytestmark = pytest.mark.feature("SY66")

_RECEIPTS = {event_id: uuid4() for event_id in ("known", "fresh", "good", "bad\0")}


class Broker:
    """Has everything at once."""

    async def publish(self, messages: Sequence[OutboxMessage]) -> list[None]:
        """Say so."""
        return [None] * len(messages)


@pytest.fixture
async def intake(world: World) -> AsyncIterator[Intake]:
    """The gateway's intake in this process, whose rounds hold what is asked of it at once."""
    database = await connect(world.settings.postgres_dsn, application_name="test")
    yield Intake(
        database,
        cast("ReliableProducer", Broker()),
        SystemClock(),
        Reservations(database, SystemClock()),
        Marks(database, SystemClock()),
    )
    await database.close()


async def sent(intake: Intake, account: str, event_id: str, content: str = "one") -> list[Outcome]:
    """Send an event as `account` would."""
    said = rectified(content)
    event = CloudEvent(id=event_id, source="urn:county", type=said.type, data=said.data)
    claim = Claim(event, _RECEIPTS[event_id], "AQ-1", content.encode())
    act = acts.Act({"method": "POST", "client": ("10.1.2.3", 1), "path_params": {}}, None)
    act.action, act.account = "gateway.intake.publish", account
    with acts.doing((act,)):
        return await accept_events([claim], county=HOME, topic="county", deps=intake)


async def test_a_dry_run_is_told_as_one(world: World) -> None:
    trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    body = json.dumps(report()).encode()
    headers = world.auth() | {"Content-Type": STRUCTURED_CONTENT_TYPE, "traceparent": trace}
    answer = await world.client.post("/v1/events", params={"dry_run": "true"}, content=body, headers=headers)
    assert answer.status_code == 200

    async def told() -> None:
        rows = await world.connection.fetch(
            "SELECT outcome, events FROM trail.act WHERE method = 'POST' AND trace LIKE $1 || '%'",
            trace[: len("00-") + 32],
        )
        assert [(row["outcome"], row["events"]) for row in rows] == [("rehearsed", [])]

    await eventually(told)


async def done(world: World, account: str) -> list[list[str]]:
    rows = await world.connection.fetch("SELECT events FROM trail.act WHERE account = $1 AND outcome = 'done'", account)
    return [row["events"] for row in rows]


async def test_beside_somebody_whose_events_are_taken_in_one_who_is_refused_has_done_nothing(
    world: World, intake: Intake
) -> None:
    first, second, third = (f"{name}-{secrets.token_hex(4)}" for name in ("first", "second", "third"))
    await sent(intake, first, "known")
    await asyncio.gather(sent(intake, second, "known", "other"), sent(intake, third, "fresh"))
    assert [await done(world, account) for account in (first, second, third)] == [[["known"]], [], [["fresh"]]]


async def test_what_is_taken_in_after_its_round_was_rolled_back_is_told_with_its_events(
    world: World, intake: Intake
) -> None:
    fine, broken = (f"{name}-{secrets.token_hex(4)}" for name in ("fine", "broken"))
    _, failed = await asyncio.gather(
        sent(intake, fine, "good"),
        sent(intake, broken, "bad\0"),  # PostgreSQL can't hold it
        return_exceptions=True,
    )
    assert isinstance(failed, Exception)
    assert [await done(world, account) for account in (fine, broken)] == [[["good"]], []]
