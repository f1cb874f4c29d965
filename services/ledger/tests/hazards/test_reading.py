"""Lists, counts and single hazards over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from duban_contracts.testing.claims import report
from services.chassis.access import keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import FOREIGN, HOME, TOWNSHIP


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


@pytest.mark.feature("SY23")
async def test_hazards_are_found_by_area_sector_channel_grade_and_state(ledger: InProcess) -> None:
    place = "料仓二号"
    mine = await ledger.confirmed(place=place, sector="coal_mine", township="东街街道")
    others = [
        await ledger.registered(place=place, sector="coal_mine"),
        await ledger.registered(place=place, county=FOREIGN, channel="self_report", sector="fire_safety"),
    ]
    for wanted in (
        {"county": HOME, "state": "confirmed"},
        {"township": TOWNSHIP},
        {"sector": "coal_mine", "grade": "general", "channel": mine["channel"]},
        {"township": TOWNSHIP, "sector": "coal_mine", "grade": "general", "state": "confirmed"},
    ):
        found = (await ledger.get("/v1/hazards", q=place, **wanted)).json()["items"]
        assert [each["hazard_id"] for each in found] == [mine["hazard_id"]], wanted
        assert (await ledger.get("/v1/hazards/count", q=place, **wanted)).json()["total"] == 1
    of_township = (await ledger.get("/v1/hazards/count", township=TOWNSHIP)).json()["total"]
    listed = (await ledger.get("/v1/hazards", township=TOWNSHIP, limit=1000)).json()["items"]
    assert of_township == len(listed)
    assert mine["hazard_id"] in {each["hazard_id"] for each in listed}
    assert not {each["hazard_id"] for each in others} & {each["hazard_id"] for each in listed}


@pytest.mark.feature("SY25")
async def test_the_sum_over_regulators_of_their_own_sectors_is_the_citys_total(ledger: InProcess) -> None:
    place, sectors = "料仓三号", ("coal_mine", "hazchem", "fire_safety")
    for number, sector in enumerate(sectors):
        for _ in range(number + 1):
            await ledger.confirmed("major", place=place, sector=sector)
    counts, seen = [], list[str]()
    for sector in sectors:
        token = keys.new_token()
        regulator = Principal(f"city-{sector.replace('_', '-')}", Role.CITY_REGULATOR, "140500", sectors=(sector,))
        async with ledger.database.transaction() as connection:
            await keys.store(connection, [NewKey(regulator, token)])
        asked = {"q": place, "grade": "major"}
        as_them = {"Authorization": f"Bearer {token}"}
        items = (await ledger.client.get("/v1/hazards", params=asked, headers=as_them)).json()["items"]
        assert {each["sector"] for each in items} == {sector}
        seen += [each["hazard_id"] for each in items]
        counted = await ledger.client.get("/v1/hazards/count", params=asked, headers=as_them)
        counts.append(counted.json()["total"])
    total = (await ledger.get("/v1/hazards/count", q=place, grade="major")).json()["total"]
    assert (counts, sum(counts), len(set(seen))) == ([1, 2, 3], total, total)


async def test_the_openapi_document_names_every_filter(ledger: InProcess) -> None:
    document = (await ledger.client.get("/openapi.json")).json()
    parameters = {p["name"] for p in document["paths"]["/v1/hazards"]["get"]["parameters"] if p["in"] == "query"}
    assert parameters == {
        "county",
        "township",
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
