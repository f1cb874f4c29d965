"""When a step of an accident happens: once it holds what it waits for, and never before the step that it follows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from duban_contracts.codec import decode
from duban_contracts.events.accidents import AccidentEvent
from duban_contracts.testing.calendar import local
from duban_contracts.topics import TopicFamily
from services.chassis.testing.kafka import eventually
from services.ledger.history.tables import locks
from services.ledger.tests.accidents.specimens import ACCIDENT, MEASURE
from services.ledger.tests.in_process import NOON, InProcess

pytestmark = [pytest.mark.feature("SY43"), pytest.mark.promise("P3"), pytest.mark.usefixtures("patient")]
MOMENT = timedelta(milliseconds=100)


@pytest.fixture(autouse=True)
def _noon_again(ledger: InProcess) -> Iterator[None]:
    yield
    ledger.clock.set(NOON)


async def send(ledger: InProcess, path: str, body: Any) -> dict[str, Any]:
    answer = await ledger.client.post(
        f"/v1/accidents{path}", json=msgspec.to_builtins(body), headers=ledger.auth("county")
    )
    assert answer.is_success, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def behind_a_heartbeat(ledger: InProcess, path: str, body: Any) -> dict[str, Any]:
    """Ask just before midnight, while a heartbeat of just after it is on its way out."""
    midnight = local(6, 0)
    ledger.clock.set(midnight - MOMENT)
    async with ledger.database.transaction() as connection:
        await locks.wait_for_commands(connection)
        asked = asyncio.create_task(send(ledger, path, body))
        await eventually(ledger.somebody_waits)
        ledger.clock.set(midnight + MOMENT)
    return await asked


def steps(accident: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(step["at"]) for step in accident["history"]]


async def test_what_waits_behind_a_heartbeat_happens_after_it(ledger: InProcess) -> None:
    made = await behind_a_heartbeat(ledger, "", ACCIDENT)
    assert steps(made) == [local(6, 0) + MOMENT]
    path = f"/{made['accident_id']}/measures"
    await send(ledger, path, MEASURE)
    after = await behind_a_heartbeat(ledger, f"{path}/1/done", {"report": "已加装"})
    assert steps(after)[-1] == local(6, 0) + MOMENT
    told = [decode(each) for each in await ledger.said(TopicFamily.HAZARD) if each.subject == made["accident_id"]]
    assert [each.occurred_at for each in told if isinstance(each, AccidentEvent)] == steps(after)


async def test_no_step_is_before_the_one_that_it_follows_whatever_the_machines_clocks_say(ledger: InProcess) -> None:
    made = await send(ledger, "", ACCIDENT)
    ledger.clock.set(NOON - timedelta(minutes=1))
    after = await send(ledger, f"/{made['accident_id']}/measures", MEASURE)
    assert steps(after) == [NOON, NOON]
