"""What waits for a row is stamped when it has it, not when it came: no step stands in a history before the one it waited for."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
import pytest

from duban_contracts.testing.calendar import june
from services.chassis.access.refusals import Caller
from services.chassis.storage.database import Connection
from services.chassis.testing.kafka import eventually
from services.ledger.tests.in_process import EVERYWHERE, NOON, InProcess
from services.ledger.tests.insiders.saying import saying
from services.ledger.tests.people import HOME, PEOPLE
from services.ledger.tests.rewards.saying import decided, graded
from services.ledger.tests.tips.saying import intake, reporter, verified
from services.ledger.tips.handlers.receive import receive_tip
from services.ledger.tips.model.tip import Tip
from services.ledger.tips.moves import Receive

pytestmark = pytest.mark.usefixtures("patient")
_LATER: Final = NOON + timedelta(hours=13)
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


async def first_tip(ledger: InProcess, connection: Connection) -> None:
    now = partial(ledger.office.acting, Caller(PEOPLE["tips"], EVERYWHERE, "test"))
    said = msgspec.convert(intake(), Receive)
    assert isinstance(await receive_tip(connection, said, None, office=ledger.office, now=now), Tip)


async def test_what_waits_for_its_number_over_new_year_is_of_the_new_year_as_its_number(ledger: InProcess) -> None:
    new_year = datetime(2026, 12, 31, 16, tzinfo=UTC)
    ledger.clock.set(new_year - timedelta(seconds=1))
    async with ledger.database.transaction() as connection:
        await first_tip(ledger, connection)
        asked = asyncio.create_task(made(ledger, "tips", intake(), "tips"))
        await eventually(ledger.somebody_waits)
        ledger.clock.set(new_year)
    after = await asked
    assert after["number"].split("-")[2] == "2027"
    assert after["received_at"] == "2026-12-31T16:00:00Z"


async def test_no_step_of_a_tip_a_reward_or_an_inside_report_is_before_the_one_that_it_follows(
    ledger: InProcess,
) -> None:
    """Whatever the machines' clocks say: this one's is a minute behind the one before."""
    person, code = reporter(), secrets.token_hex(12)
    await decided(ledger, await graded(ledger, reporter=person))
    held = await decided(ledger, await graded(ledger, reporter=person))
    tip = await verified(ledger)
    inside = f"inside-reports/{(await made(ledger, 'inside-reports', saying(claim_code=code), 'worker'))['report_id']}"
    await made(ledger, f"{inside}/handle", {"measures": "已停机"}, "principal")
    ledger.clock.set(NOON - timedelta(minutes=1))
    noon = "2026-06-01T04:00:00Z"
    told = await made(ledger, f"tips/{tip['number']}/tell", {"told": "已查实"}, "tips")
    assert told["told_at"] == noon
    settled = await made(ledger, f"rewards/{held['reward_id']}/resolve", {"pay": False, "reason": "重复"}, "tips-2")
    assert settled["resolved_at"] == noon
    rewarded = await made(ledger, f"{inside}/reward", {"claim_code": code, "amount": 500}, "principal")
    assert rewarded["rewarded_at"] == noon
