"""责令停产停业 over HTTP: ordered, lifted, and on the list of every month in which it held (SY42)."""

from __future__ import annotations

from datetime import date
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.types import HazardState, StopKind, StopScope
from duban_contracts.testing.calendar import ZONE
from duban_contracts.topics import TopicFamily
from services.ledger.stop_orders.model import KeptOrder
from services.ledger.tests.in_process import InProcess

STOP = {"document": "城应急停〔2026〕1号", "kind": "production", "scope": "whole", "since": "2026-05-30"}


async def listed(ledger: InProcess, hazard: dict[str, Any], below: str = "", **query: Any) -> dict[str, Any] | None:
    answer = await ledger.get(f"/v1/stop-orders{below}", "director", limit=1000, **query)
    assert answer.status_code == 200, answer.text
    return next((each for each in answer.json()["items"] if each["hazard_id"] == hazard["hazard_id"]), None)


@pytest.mark.feature("SY42")
async def test_an_order_holds_until_it_is_lifted_and_stands_on_the_list_of_each_month(ledger: InProcess) -> None:
    hazard = await ledger.confirmed(found_on=date(2026, 5, 1))
    key = hazard["hazard_id"]
    ordered = await ledger.post(key, "stop", STOP, "bureau")
    assert ordered.status_code == 200, ordered.text
    assert ordered.json()["stopped"]["authority"] == "emergency_management"
    held = await listed(ledger, hazard, open=True)
    assert held is not None
    assert (held["number"], held["document"], held["open"], held["days_open"]) == (
        hazard["number"],
        STOP["document"],
        True,
        2,
    )
    assert await listed(ledger, hazard, "/monthly", month="2026-04") is None
    for month, days in (("2026-05", 1), ("2026-06", 2)):
        found = await listed(ledger, hazard, "/monthly", month=month)
        assert found is not None
        assert (found["open"], found["days_open"]) == (True, days)
    await ledger.submit(hazard, "worker" if hazard["enterprise"]["uscc"] else "county")
    refused = await ledger.post(key, "close", {"review": "合格"}, "city")
    assert (refused.status_code, refused.json()["code"]) == (409, "stop-not-lifted")
    elsewhere = await ledger.post(key, "resume", {"review": "合格"}, "county-2")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "stopped-by-another-authority")
    lifted = await ledger.post(key, "resume", {"review": "经审查，隐患已排除"}, "bureau")
    assert (lifted.status_code, lifted.json()["stopped"]) == (200, None)
    assert (await ledger.post(key, "close", {"review": "合格"}, "city")).status_code == 200
    assert await listed(ledger, hazard, open=True) is None
    closed = await listed(ledger, hazard, "/monthly", month="2026-06")
    assert closed is not None
    assert (closed["open"], closed["review"], closed["state"]) == (False, "经审查，隐患已排除", "closed")
    told = [each.type for each in await ledger.said(TopicFamily.HAZARD) if each.subject == key]
    assert [each for each in told if "enterprise" in each] == [
        "duban.enterprise.stopped.v1",
        "duban.enterprise.resumed.v1",
    ]


async def test_the_database_holds_a_stop_only_of_what_is_confirmed_and_open(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    with pytest.raises(asyncpg.CheckViolationError, match="hazard_stopped_while_open"):
        await ledger.pool.execute("UPDATE hazard SET stopped = '{}' WHERE hazard_id = $1", hazard["hazard_id"])


@given(
    since=st.dates(date(2026, 4, 1), date(2026, 6, 1)),
    held=st.none() | st.integers(0, 60),
    on=st.dates(date(2026, 3, 1), date(2026, 9, 1)),
)
def test_an_order_is_open_from_its_day_until_the_day_on_which_it_was_lifted(
    since: date, held: int | None, on: date
) -> None:
    lifted_on = None if held is None else date.fromordinal(since.toordinal() + held)
    lifted_at = None if lifted_on is None else ZONE.start_of_day(lifted_on)
    kept = KeptOrder(
        hazard_id="h-1",
        number="N",
        county="140502",
        sector="hazchem",
        state=HazardState.RECTIFYING,
        enterprise_name="示例（虚构）",
        order=1,
        kind=StopKind.USE,
        scope=StopScope.WHOLE,
        part=None,
        authority="emergency_management",
        authority_county=None,
        document="1号",
        since=since,
        ordered_at=ZONE.start_of_day(since),
        lifted_at=lifted_at,
        review=None,
    )
    assert kept.was_open(on, ZONE) == (since <= on and (lifted_on is None or on < lifted_on))
    assert 0 <= kept.days_held(on, ZONE) <= max(0, (on - since).days)
