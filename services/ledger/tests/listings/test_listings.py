"""挂牌督办 over HTTP: what is listed shows it and stays open, and the book keeps every listing with what became of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from duban_contracts.codec import decode
from duban_contracts.events.hazards import HazardDelisted, HazardListed, HazardListingOverdue
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import Subject
from duban_contracts.testing.calendar import ZONE
from services.chassis.publishing.envelopes import new_event
from services.ledger.tests.in_process import NOON, InProcess

DOCUMENT = "晋市安委督〔2026〕3号"
LISTED_UNTIL = "2026-06-20"
PLAN = {"measures": "更换", "responsible_post": "安全总监", "funds_yuan": 20000, "contingency": "专人值守"}


async def listed(ledger: InProcess, who: str = "office") -> dict[str, Any]:
    hazard = await ledger.confirmed("major")
    answer = await ledger.post(hazard["number"], "list", {"document": DOCUMENT, "deadline_on": LISTED_UNTIL}, who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def book(ledger: InProcess, hazard: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    answer: httpx.Response = await ledger.get("/v1/listings", hazard=hazard["number"], **query)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def time_passed(ledger: InProcess, hazard: dict[str, Any], number: int = 1) -> None:
    """What the scheduler says when the time of a listing is over."""
    day = date.fromisoformat(LISTED_UNTIL)
    data = SupervisionOverdue(
        about=Subject(kind="listing", id=f"{hazard['hazard_id']}/{number}", number=DOCUMENT),
        county=hazard["county"],
        deadline_number=1,
        deadline_on=day,
        due_at=ZONE.end_of_day(day),
        raised_at=NOON,
    )
    event = new_event(data, source="/duban/test", subject=data.about.id, key=data.about.id, time=NOON)
    await ledger.raise_overdue((event, data))


@pytest.mark.feature("SY29")
async def test_a_listed_hazard_shows_its_level_and_deadline_and_stays_open_until_that_authority_lifts_it(
    ledger: InProcess,
) -> None:
    hazard = await listed(ledger)
    assert hazard["listing"] == {
        "number": 1,
        "level": "city",
        "authority": "safety_committee",
        "county": None,
        "document": DOCUMENT,
        "deadline_on": LISTED_UNTIL,
        "overdue": False,
    }
    name = hazard["number"]
    await ledger.post(name, "plan", PLAN, "county")
    assert (await ledger.submit(hazard, "county")).status_code == 200
    closing = await ledger.post(name, "close", {"review": "合格"}, "city-2")
    assert (closing.status_code, closing.json()["code"]) == (409, "listing-not-lifted")
    foreign = await ledger.post(name, "lift", {"conclusion": "合格"}, "city")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "listed-by-another-authority")
    lifted = await ledger.post(name, "lift", {"conclusion": "经核查整改到位"}, "office")
    assert (lifted.status_code, lifted.json()["listing"]) == (200, None)
    await ledger.struck_off(name)


@pytest.mark.feature("SY29")
async def test_the_book_keeps_every_listing_and_hazards_are_found_by_theirs(ledger: InProcess) -> None:
    hazard = await listed(ledger)
    [entry] = await book(ledger, hazard, open=True, level="city")
    assert (entry["number"], entry["listing"], entry["deadline_on"]) == (hazard["number"], 1, LISTED_UNTIL)
    assert (entry["document"], entry["lifted_at"], entry["overdue_at"]) == (DOCUMENT, None, None)
    for query, found in (
        ({"listed": True}, True),
        ({"listed": False}, False),
        ({"listing_level": "city"}, True),
        ({"listing_level": "county"}, False),
    ):
        items = (await ledger.get("/v1/hazards", q=hazard["number"], **query)).json()["items"]
        assert bool(items) == found, query
    await ledger.post(hazard["number"], "lift", {"conclusion": "转由部门督办"}, "office")
    again = {"document": "晋应急督〔2026〕7号", "deadline_on": LISTED_UNTIL}
    assert (await ledger.post(hazard["number"], "list", again, "city")).status_code == 200
    first, second = await book(ledger, hazard)
    assert (first["conclusion"], first["level"], second["level"]) == ("转由部门督办", "city", "department")
    assert [entry["listing"] for entry in await book(ledger, hazard, open=False)] == [1]
    # Page by page the same.
    page = (await ledger.get("/v1/listings", hazard=hazard["number"], limit=1)).json()
    rest = (await ledger.get("/v1/listings", hazard=hazard["number"], limit=1, after=page["next"])).json()
    assert page["items"] + rest["items"] == [first, second]
    assert rest["next"] is None


@pytest.mark.feature("SY45")
@pytest.mark.promise("P3")
async def test_a_listing_whose_time_passed_is_late_whatever_the_hazards_own_deadline_says(ledger: InProcess) -> None:
    hazard = await listed(ledger)
    for number in (1, 1, 2):
        await time_passed(ledger, hazard, number)
    shown = (await ledger.get(f"/v1/hazards/{hazard['number']}")).json()
    assert (shown["listing"]["overdue"], shown["overdue"]) == (True, False)
    [entry] = await book(ledger, hazard, overdue=True)
    assert entry["proposed_step"] == "interview"
    assert await book(ledger, hazard, overdue=False) == []
    told = [decode(event) for event in await ledger.said("ledger.hazard.v1") if event.subject == hazard["hazard_id"]]
    assert [type(event) for event in told[-2:]] == [HazardListed, HazardListingOverdue]
    await ledger.post(hazard["number"], "lift", {"conclusion": "整改到位"}, "office")
    [last] = (await ledger.said("ledger.hazard.v1"))[-1:]
    lifted = decode(last)
    assert isinstance(lifted, HazardDelisted)
    assert (lifted.listing.overdue, lifted.hazard.listing) == (True, None)
    # What is said about it from now on is stale.
    await time_passed(ledger, hazard)
    assert (await ledger.get(f"/v1/hazards/{hazard['number']}")).json()["listing"] is None


@pytest.mark.feature("SY29")
async def test_even_the_database_keeps_a_listed_hazard_open_and_listed_once(ledger: InProcess) -> None:
    hazard = await listed(ledger)
    with pytest.raises(Exception, match="hazard_listed_while_open"):
        await ledger.pool.execute(
            "UPDATE hazard SET state = 'closed', closed_at = now(), closed_by = 'x' WHERE hazard_id = $1",
            hazard["hazard_id"],
        )
    with pytest.raises(Exception, match="listing_one_holds"):
        await ledger.pool.execute(
            """INSERT INTO listing (hazard_id, listing, level, authority, document, deadline_on, listed_at, county, sector)
               SELECT hazard_id, 2, level, authority, document, deadline_on, listed_at, county, sector FROM listing
                WHERE hazard_id = $1""",
            hazard["hazard_id"],
        )
