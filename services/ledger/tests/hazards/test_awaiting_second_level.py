"""What waits for its second level is found by it, over HTTP. On PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from duban_contracts.events.types import Channel, Grade
from duban_contracts.policies import Confirmation, TwoLevels
from services.chassis.access.refusals import Caller
from services.chassis.web.preconditions import Precondition
from services.ledger.hazards.handlers.commands import Order, move_hazards
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.moves import FirstConfirm
from services.ledger.tests.in_process import EVERYWHERE, InProcess
from services.ledger.tests.people import PEOPLE


async def waits(ledger: InProcess) -> list[str]:
    """The numbers of what is listed, and counted, as waiting for its second level."""
    asked: dict[str, Any] = {"first_confirmed": True, "sector": "coal_mine"}
    listed = (await ledger.get("/v1/hazards", **asked)).json()["items"]
    assert (await ledger.get("/v1/hazards/count", **asked)).json()["total"] == len(listed)
    return [each["number"] for each in listed]


@pytest.mark.feature("SY27")
async def test_a_regrading_that_waits_for_its_second_level_is_found_too_also_where_one_alone_had_confirmed(
    ledger: InProcess,
) -> None:
    both = TwoLevels(channel=Channel.INSPECTION, grade=Grade.GENERAL, first=("city_regulator",))
    rules = msgspec.structs.replace(ledger.ledger.rules, confirmation=Confirmation(two_levels=(both,)))
    hazard = await ledger.confirmed("major", sector="coal_mine")
    order = Order(
        HazardKey.parse(hazard["number"]),
        FirstConfirm(grade=Grade.GENERAL, reason="隐患已部分消除"),
        Caller(PEOPLE["city"], EVERYWHERE, "test"),
        Precondition(),
    )
    async with ledger.database.transaction() as connection:
        [first] = await move_hazards(connection, [order], ledger=replace(ledger.ledger, rules=rules))
    assert isinstance(first, Hazard), first
    assert first.confirmed_by == first.first_confirmed_by
    assert hazard["number"] in await waits(ledger)


@pytest.mark.feature("SY27")
async def test_over_http_the_second_level_finds_what_waits_for_it(ledger: InProcess) -> None:
    hazard = await ledger.registered(channel="self_report", sector="coal_mine")
    name = hazard["number"]
    assert (await ledger.confirm(hazard, grade="major")).json()["code"] == "first-level-required"
    first = await ledger.post(name, "first-confirm", {"grade": "major", "reason": "瓦斯超限仍作业"}, "county")
    assert (first.status_code, first.json()["state"]) == (200, "reported")
    assert name in await waits(ledger)
    second = await ledger.confirm(hazard, grade="major")
    assert (second.status_code, second.json()["state"]) == (200, "confirmed")
    assert name not in await waits(ledger)
    with pytest.raises(Exception, match="hazard_confirmed_by_another"):
        await ledger.pool.execute("UPDATE hazard SET confirmed_by = first_confirmed_by WHERE number = $1", name)
