"""Lists, counts and single hazards over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from duban_contracts.testing.claims import report
from services.ledger.tests.in_process import InProcess


@pytest.mark.feature("SY23")
async def test_an_unknown_hazard_is_not_found_and_a_wrong_parameter_is_named(ledger: InProcess) -> None:
    for name in ("0190163d-8694-739b-aea5-966c26f8ad91", "140502-2026-999999", "nonsense"):
        answer = await ledger.get(f"/v1/hazards/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "hazard-not-found")
        assert (await ledger.post(name, "close", {"review": "合格"})).status_code == 404
        for below in ("history", "timeline"):
            assert (await ledger.get(f"/v1/hazards/{name}/{below}")).status_code == 404
    for query in (
        {"q": "\x00"},
        {"reference": "\x00"},
        {"sector": "\x00"},
        {"limit": 0},
        {"after": "x"},
        {"county": "1405"},
        {"colour": "red"},
    ):
        assert (await ledger.get("/v1/hazards", **query)).status_code == 422, query
    assert (await ledger.get("/v1/hazards/%00")).status_code == 422


@pytest.mark.feature("SY23")
async def test_a_hazard_shows_every_change_who_made_it_and_when(ledger: InProcess) -> None:
    hazard = await ledger.confirmed()
    items = (await ledger.get(f"/v1/hazards/{hazard['number']}/history", "county")).json()["items"]
    assert [(item["version"], item["title"], item["time"][:19]) for item in items] == [
        (1, "入账", "2026-06-01T04:00:00"),
        (2, "确认", "2026-06-01T04:00:00"),
    ]
    assert [item["payload"]["actor"]["account"] for item in items] == ["county-140502", "city-regulator-1"]
    assert all(len(item["digest"]) == 64 for item in items)
    assert (items[0]["cause_id"] is not None, items[1]["cause_id"]) == (True, None)


async def test_pages_stay_whole_while_hazards_arrive(ledger: InProcess) -> None:
    place = f"井口{ledger.new_reference()}"
    await ledger.take(*(report(ledger.new_reference(), place=place) for _ in range(23)))
    before = {h["hazard_id"] for h in (await ledger.get("/v1/hazards", q=place, limit=100)).json()["items"]}
    seen: list[str] = []
    page = (await ledger.get("/v1/hazards", q=place, limit=5)).json()
    while True:
        seen += [h["hazard_id"] for h in page["items"]]
        if page["next"] is None:
            break
        await ledger.registered(place=place)
        page = (await ledger.get("/v1/hazards", q=place, limit=5, after=page["next"])).json()
    assert len(seen) == len(set(seen))
    assert set(seen) == before
    # A full last page doesn't promise one more.
    assert (await ledger.get("/v1/hazards", q=place, limit=27)).json()["next"] is None


@pytest.mark.feature("SY25")
async def test_counts_agree_with_lists_and_filters_narrow_them(ledger: InProcess) -> None:
    place = "料仓一号"
    hazard = await ledger.confirmed(place=place, sector="coal_mine")
    await ledger.registered(place=place)
    counted = (await ledger.get("/v1/hazards/count", q=place, group_by="grade")).json()
    groups = [{"value": "general", "count": 1}, {"value": None, "count": 1}]
    assert counted == {"total": 2, "groups": groups, "complete": True}
    for wanted in ({"state": "confirmed"}, {"sector": "coal_mine"}, {"grade": "general"}):
        items = (await ledger.get("/v1/hazards", q=place, **wanted)).json()["items"]
        assert [item["hazard_id"] for item in items] == [hazard["hazard_id"]]
    filters: tuple[dict[str, Any], ...] = ({"overdue": True}, {"channel": "self_report"}, {"q": f"{place}%"})
    for nothing in filters:
        assert (await ledger.get("/v1/hazards/count", **{"q": place, **nothing})).json()["total"] == 0
    mine = (await ledger.get("/v1/hazards/count", "coal", q=place)).json()
    assert mine == {"total": 1, "groups": [], "complete": True}


async def test_the_openapi_document_names_every_filter(ledger: InProcess) -> None:
    document = (await ledger.client.get("/openapi.json")).json()
    parameters = {p["name"] for p in document["paths"]["/v1/hazards"]["get"]["parameters"] if p["in"] == "query"}
    assert parameters == {
        "county",
        "sector",
        "grade",
        "state",
        "channel",
        "responsible_unit",
        "overdue",
        "listed",
        "listing_level",
        "first_confirmed",
        "sent_up_to",
        "reference",
        "task",
        "q",
        "after",
        "limit",
    }
