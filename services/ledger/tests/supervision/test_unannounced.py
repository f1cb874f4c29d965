"""四不两直: the enterprise isn't told when it is looked at again, nor what is written about that (DOMAIN §2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec
import pytest

from duban_contracts.events.notices import NoticeIssued
from duban_contracts.events.types import Enterprise, Subject
from services.chassis.publishing.envelopes import new_event
from services.ledger.supervision.handlers import keep_notices
from services.ledger.tests.in_process import NOON, InProcess
from services.ledger.tests.people import PEOPLE

pytestmark = pytest.mark.feature("SY31")
STAFF: Final = ("city", "county", "machine")
OURS: Final = Enterprise(name="不打招呼示例厂（虚构）", uscc=PEOPLE["worker"].enterprise)
PLAN: Final = {"measures": "更换", "responsible_post": "安全总监", "funds_yuan": 1, "contingency": "专人值守"}


async def struck_off(ledger: InProcess) -> dict[str, Any]:
    """A major hazard of the enterprise, whose every closure is looked at again."""
    hazard = await ledger.confirmed("major", enterprise=OURS)
    await ledger.post(hazard["number"], "plan", PLAN, "county")
    await ledger.submit(hazard, "county")
    await ledger.struck_off(hazard["number"])
    return hazard


async def read(ledger: InProcess, hazard: dict[str, Any], what: str, who: str) -> list[dict[str, Any]]:
    answer = await ledger.get(f"/v1/hazards/{hazard['number']}/{what}", who)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize("what", ["history", "timeline"])
async def test_staff_and_the_countys_own_system_read_when_it_is_due_and_the_enterprise_does_not(
    ledger: InProcess, what: str
) -> None:
    hazard = await struck_off(ledger)
    whole = {who: await read(ledger, hazard, what, who) for who in STAFF}
    assert whole["machine"] == whole["city"] == whole["county"]
    assert whole["city"][-1]["payload"].pop("look_back")
    for who in ("worker", "principal"):
        assert await read(ledger, hazard, what, who) == whole["city"]


async def test_letters_among_staff_are_not_on_the_enterprises_timeline(ledger: InProcess) -> None:
    hazard = await ledger.confirmed(enterprise=OURS)
    name, number = hazard["hazard_id"], hazard["number"]
    own = NoticeIssued(
        letter_id=f"letter of {number}",
        number="晋市安督〔2026〕1号",
        kind="urging",
        about=Subject(kind="hazard", id=name, number=number),
        county=hazard["county"],
        occurred_at=NOON + timedelta(minutes=1),
        title="督促函",
        cause="e-1",
        channels=("email",),
    )
    late = msgspec.structs.replace(
        own, kind="follow_up_urging", about=Subject(kind="look_back", id=f"{name}/1", number=number), title="回头看"
    )
    second = msgspec.structs.replace(own, kind="confirmation_prompt", title="二级确认")
    async with ledger.database.transaction() as connection:
        notices = [
            (new_event(each, source="/test", subject="x", key="x", time=NOON), each) for each in (own, late, second)
        ]
        await keep_notices(connection, notices)

    async def titles(who: str) -> set[str]:
        return {
            item["payload"]["title"] for item in await read(ledger, hazard, "timeline", who) if item["kind"] == "notice"
        }

    assert [await titles(who) for who in STAFF] == [{"督促函", "回头看", "二级确认"}] * 3
    assert [await titles(who) for who in ("worker", "principal")] == [{"督促函"}] * 2
