"""Claims that wait and claims that were refused: kept, shown, released in the transaction that they waited for."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from duban_contracts.testing.calendar import june
from duban_contracts.testing.claims import plan, rectification, report
from services.ledger import metrics
from services.ledger.claims.jobs import report_waiting
from services.ledger.tests.in_process import NOON, InProcess
from services.ledger.tests.people import FOREIGN, HOME


async def items(ledger: InProcess, path: str, reference: str, who: str = "county") -> list[dict[str, object]]:
    answer = await ledger.get(path, who, limit=1000)
    assert answer.status_code == 200, answer.text
    return [item for item in answer.json()["items"] if item["reference"] == reference]


@pytest.mark.promise("P7")
async def test_what_waits_is_visible_and_applied_in_the_transaction_of_the_confirmation(ledger: InProcess) -> None:
    reference = ledger.new_reference()
    await ledger.take(rectification(reference, completed_on=june(1)), plan(reference))
    waiting = await items(ledger, "/v1/waiting-claims", reference)
    assert [one["waiting_for"] for one in waiting] == ["report", "report"]
    assert str(waiting[0]["origin"]).startswith("county.140502.v1/0/")
    hazard = await ledger.registered(reference)
    waiting = await items(ledger, "/v1/waiting-claims", reference)
    assert [one["waiting_for"] for one in waiting] == ["confirmation", "confirmation"]
    answer = await ledger.confirm(hazard, grade="major")
    # The answer is what was committed, with what had waited.
    assert (answer.json()["state"], answer.json()["version"], answer.headers["etag"]) == ("in_review", 4, '"4"')
    assert answer.json() == (await ledger.get(f"/v1/hazards/{hazard['number']}")).json()
    assert await items(ledger, "/v1/waiting-claims", reference) == []


async def test_what_waits_is_refused_in_the_transaction_of_a_rejection(ledger: InProcess) -> None:
    reference = ledger.new_reference()
    await ledger.take(report(reference), rectification(reference))
    number = (await ledger.get("/v1/hazards", reference=reference)).json()["items"][0]["number"]
    answer = await ledger.post(number, "reject", {"reason": "经核实不构成隐患"})
    assert (answer.json()["state"], answer.json()["version"]) == ("rejected", 2)
    assert await items(ledger, "/v1/waiting-claims", reference) == []
    refused = await items(ledger, "/v1/rejected-claims", reference)
    assert [one["code"] for one in refused] == ["hazard-rejected"]


@pytest.mark.promise("P7")
async def test_a_refused_claim_is_kept_with_its_bytes_for_the_county_that_spoke(ledger: InProcess) -> None:
    reference = ledger.new_reference()
    await ledger.take(report(reference, county=HOME), county=FOREIGN)
    [kept] = await items(ledger, "/v1/rejected-claims", reference, "foreign")
    assert (kept["code"], kept["county"], kept["field"]) == ("county-mismatch", FOREIGN, "$.county")
    assert reference.encode() in base64.b64decode(str(kept["value_base64"]))
    assert await items(ledger, "/v1/rejected-claims", reference, "county") == []
    # Whoever keeps the machines sees that something was refused, and not what it said.
    [without] = await items(ledger, "/v1/rejected-claims", reference, "operator")
    assert without == {name: value for name, value in kept.items() if name != "value_base64"}


async def test_pages_of_claims_go_on_where_the_last_one_ended(ledger: InProcess) -> None:
    references = [ledger.new_reference() for _ in range(5)]
    await ledger.take(*(rectification(reference, county=FOREIGN) for reference in references), county=FOREIGN)
    seen: list[str] = []
    query: dict[str, object] = {"limit": 2}
    while True:
        page = (await ledger.get("/v1/waiting-claims", "foreign", **query)).json()
        seen += [item["reference"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert seen == references


async def test_the_gauge_tells_how_many_wait_also_when_none_does(ledger: InProcess) -> None:
    nobody, counties = "140581", [HOME, "140581"]
    metrics.WAITING_CLAIMS.labels(nobody).set(7)
    await ledger.take(rectification(ledger.new_reference()), rectification(ledger.new_reference()))
    await report_waiting(ledger.database, counties)
    # At once: a service that another test runs in this process sets the same gauges.
    told = [metrics.WAITING_CLAIMS.labels(county)._value.get() for county in counties]
    waiting = await ledger.pool.fetchval("SELECT count(*) FROM waiting_claim WHERE county = $1", HOME)
    assert told == [waiting, 0]
    assert waiting >= 2


@pytest.mark.promise("P3")
async def test_a_submission_that_waits_for_a_plan_is_released_by_the_plan_whichever_way_it_comes(
    ledger: InProcess,
) -> None:
    early = NOON - timedelta(hours=1)
    by_claim, by_http = await ledger.confirmed("major"), await ledger.confirmed("major")
    for hazard in (by_claim, by_http):
        await ledger.take(rectification(hazard["reference"], completed_on=june(1)), at=early)
    await ledger.take(plan(by_claim["reference"]))
    whole = {"measures": "更换", "responsible_post": "安全总监", "funds_yuan": 20000, "contingency": "专人值守"}
    await ledger.post(by_http["hazard_id"], "plan", whole, "county")
    for hazard in (by_claim, by_http):
        found = await ledger.find(hazard["hazard_id"])
        assert found is not None
        assert (found.state, found.submitted_at) == ("in_review", early)
