"""What waits for a row is stamped when it has it, not when it came: no step stands in a history before the one it waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from duban_contracts.testing.calendar import june
from services.chassis.testing.kafka import eventually
from services.ledger.tests.in_process import NOON, InProcess
from services.ledger.tests.people import HOME
from services.ledger.tests.tips.saying import intake

_LATER = NOON + timedelta(hours=13)
Waiting = tuple[str, str, dict[str, Any], str]
"""A statement that holds a row, and the command that waits for it: path, body, and whose it is."""


@pytest.fixture(autouse=True)
def _noon_again(ledger: InProcess) -> Iterator[None]:
    yield
    ledger.clock.set(NOON)


async def made(ledger: InProcess, path: str, body: dict[str, Any], who: str) -> dict[str, Any]:
    answer = await ledger.client.post(f"/v1/{path}", json=body, headers=ledger.auth(who))
    assert answer.is_success, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def an_assignment(ledger: InProcess) -> Waiting:
    """Due today: whoever waits into tomorrow is late."""
    given = {"document": "晋市安委办交〔2026〕7号", "matter": "动火作业未审批", "unit": "emergency_management"}
    body = {**given, "county": HOME, "due_on": june(1).isoformat()}
    found = await made(ledger, "assignments", body, "office")
    holding = f"SELECT FROM assignment WHERE assignment_id = '{found['assignment_id']}' FOR UPDATE"
    return holding, f"assignments/{found['assignment_id']}/answer", {"answer": "已整改"}, "bureau"


async def a_referral(ledger: InProcess) -> Waiting:
    """Replied to tomorrow, which is no day of a reply yet."""
    given = {"kind": "crime", "body": "public_security", "document": "晋应急移〔2026〕9号", "matter": "涉嫌危险作业罪"}
    found = await made(ledger, "referrals", {**given, "county": HOME, "referred_on": june(1).isoformat()}, "office")
    holding = f"SELECT FROM referral WHERE referral_id = '{found['referral_id']}' FOR UPDATE"
    body = {"replied_on": june(2).isoformat(), "taken_up": True, "reply": "已立案"}
    return holding, f"referrals/{found['referral_id']}/reply", body, "office"


async def a_tip(ledger: InProcess) -> Waiting:
    """Visited tomorrow, which is no day of a visit yet."""
    found = await made(ledger, "tips", intake(), "tips")
    holding = f"SELECT FROM tip WHERE tip_id = '{found['tip_id']}' FOR UPDATE"
    return holding, f"tips/{found['number']}/refute", {"visited_on": june(2).isoformat(), "visit": "未见堵塞"}, "county"


@pytest.mark.parametrize("make", [an_assignment, a_referral, a_tip])
async def test_a_command_that_waited_for_a_row_happens_once_it_has_it(
    ledger: InProcess, make: Callable[[InProcess], Awaitable[Waiting]]
) -> None:
    holding, path, body, who = await make(ledger)
    async with ledger.database.transaction() as connection:
        await connection.execute(holding)
        asked = asyncio.create_task(made(ledger, path, body, who))
        await eventually(ledger.somebody_waits)
        ledger.clock.set(_LATER)
    after = await asked
    if path.startswith("assignments"):
        assert (after["late"], after["history"][-1]["at"]) == (True, "2026-06-01T17:00:00Z")
