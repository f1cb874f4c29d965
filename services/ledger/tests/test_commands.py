"""Regulators' commands over HTTP: synchronous, within area and role, on the version they were meant for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.chassis.testing import kafka as chassis_testing
from services.ledger.tests.world import HOME, World, in_days, new_reference, reported


async def test_a_hazard_goes_from_report_to_close_out_and_each_answer_is_what_a_read_shows(world: World) -> None:
    hazard = await world.registered()
    name = hazard["hazard_id"]
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("county", "confirm", {"grade": "general", "responsible_unit": "fire_rescue", "deadline_on": in_days(5)}),
        ("county", "plan", {"measures": "更换", "responsible_post": "安全总监"}),
        ("county", "submit", {"measures": "已更换", "completed_on": in_days(0), "evidence": []}),
        ("county-2", "return", {"reason": "缺少校验记录"}),
        ("county", "submit", {"measures": "已补校验", "completed_on": in_days(0)}),
        ("county-2", "close", {"review": "现场复查合格"}),
        ("city", "reopen", {"reason": "回头看发现反弹", "deadline_on": in_days(7)}),
        ("county", "extend", {"reason": "设备到货延迟", "deadline_on": in_days(9)}),
        ("city", "regrade", {"grade": "major", "reason": "依据判定标准第三条"}),
    ]
    states = []
    for version, (who, move, body) in enumerate(steps, 2):
        answer = await world.post(name, move, body, who)
        assert answer.status_code == 200, (move, answer.text)
        assert answer.json() == (await world.get(f"/v1/hazards/{hazard['number']}", "county")).json()
        assert (answer.json()["version"], answer.headers["etag"]) == (version, f'"{version}"')
        states.append(answer.json()["state"])
    assert states == [
        "confirmed",
        "rectifying",
        "in_review",
        "rectifying",
        "in_review",
        "closed",
        "rectifying",
        "rectifying",
        "rectifying",
    ]
    last = (await world.get(f"/v1/hazards/{name}")).json()
    assert (last["grade"], last["deadline_on"]) == ("major", in_days(9))
    assert (last["returned_count"], last["reopened_count"], last["closed_at"]) == (1, 1, None)


async def test_the_submitter_is_told_that_another_must_review(world: World) -> None:
    hazard = await world.confirmed()
    assert (await world.submit(hazard, "county")).status_code == 200
    for move, body in (("close", {"review": "合格"}), ("return", {"reason": "不合格"})):
        answer = await world.post(hazard["hazard_id"], move, body, "county")
        assert answer.status_code == 403
        assert answer.json()["code"] == "submitter-may-not-review"
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await world.post(hazard["hazard_id"], "close", {"review": "合格"}, "county-2")).status_code == 200


async def test_even_the_database_refuses_a_close_out_by_the_submitter(world: World) -> None:
    hazard = await world.confirmed()
    await world.submit(hazard, "county")
    await world.post(hazard["hazard_id"], "close", {"review": "合格"}, "county-2")
    with pytest.raises(Exception, match="hazard_closed_by_another"):
        await world.pool.execute("UPDATE hazard SET closed_by = submitted_by WHERE hazard_id = $1", hazard["hazard_id"])
    with pytest.raises(Exception, match="hazard_closed_whole"):
        await world.pool.execute("UPDATE hazard SET closed_at = NULL WHERE hazard_id = $1", hazard["hazard_id"])


async def test_a_move_that_the_state_does_not_know_is_a_conflict_that_names_the_state(world: World) -> None:
    hazard = await world.registered()
    answer = await world.post(hazard["hazard_id"], "close", {"review": "合格"})
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["state"]) == ("state-conflict", "reported")


async def test_of_two_commands_at_once_one_wins_and_nothing_is_lost(world: World) -> None:
    hazard = await world.registered()
    answers = await asyncio.gather(*(world.confirm(hazard, who) for who in ("city", "city-2", "county", "county-2")))
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]
    assert (await world.get(f"/v1/hazards/{hazard['hazard_id']}")).json()["version"] == 2


async def test_if_match_guards_against_a_decision_on_an_older_version(world: World) -> None:
    hazard = await world.confirmed()
    body = {"reason": "设备到货延迟", "deadline_on": in_days(20)}
    stale = await world.post(hazard["hazard_id"], "extend", body, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (412, "version-mismatch", 2)
    assert (await world.post(hazard["hazard_id"], "extend", body, **{"If-Match": "2"})).status_code == 400
    assert (await world.post(hazard["hazard_id"], "extend", body, **{"If-Match": '"2"'})).status_code == 200


async def test_area_sector_and_role_bound_what_an_account_sees_and_does(world: World) -> None:
    hazard = await world.registered()
    name = hazard["hazard_id"]
    for who in ("foreign", "coal"):
        assert (await world.get(f"/v1/hazards/{name}", who)).json()["code"] == "outside-scope"
        assert (await world.confirm(hazard, who)).json()["code"] == "outside-scope"
        assert (await world.get("/v1/hazards", who, reference=hazard["reference"])).json()["items"] == []
    assert (await world.get("/v1/hazards", "foreign", county=HOME)).status_code == 403
    assert (await world.get(f"/v1/hazards/{name}", "machine")).status_code == 200
    for who in ("machine", "office", "operator"):
        answer = await world.confirm(hazard, who)
        assert (answer.status_code, answer.json()["code"]) == (403, "role-not-allowed")
    assert (await world.get("/v1/hazards", "operator")).status_code == 403
    assert (await world.client.get("/v1/hazards")).status_code == 401


async def test_a_county_regulator_does_not_confirm_a_major_hazard(world: World) -> None:
    hazard = await world.registered()
    answer = await world.confirm(hazard, "county", grade="major")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        403,
        "city-regulator-required",
        "grade",
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"deadline_on": "2026-13-01"}, "deadline_on"),
        ({"grade": "huge"}, "grade"),
        ({"responsible_unit": "no_such_unit"}, "responsible_unit"),
        ({"deadline_on": "2020-01-01"}, "deadline_on"),
        ({"colour": "red"}, "colour"),
        ({"criterion": "第三条\x00"}, "criterion"),
        ({"criterion": "第\n三条"}, "criterion"),
        ({"criterion": ""}, "criterion"),
    ],
)
async def test_a_wrong_field_is_named(world: World, body: dict[str, str], field: str) -> None:
    hazard = await world.registered()
    answer = await world.confirm(hazard, **body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await world.get(f"/v1/hazards/{hazard['hazard_id']}")).json()["version"] == 1


async def test_an_unknown_hazard_is_not_found(world: World) -> None:
    for name in ("0190163d-8694-739b-aea5-966c26f8ad91", "140502-2026-999999", "nonsense"):
        assert (await world.get(f"/v1/hazards/{name}")).json()["code"] == "hazard-not-found"
        assert (await world.post(name, "close", {"review": "合格"})).status_code == 404
    for query in ({"q": "\x00"}, {"reference": "\x00"}, {"sector": "\x00"}, {"limit": 0}, {"after": "x"}):
        assert (await world.get("/v1/hazards", **query)).status_code == 422
    assert (await world.get("/v1/hazards/%00")).status_code == 422


async def test_pages_stay_whole_while_hazards_arrive(world: World) -> None:
    place = f"井口{new_reference()}"
    await world.claim(*(reported(new_reference(), place=place) for _ in range(23)))
    wanted: dict[str, Any] = {"q": place, "limit": 5}

    async def all_there() -> None:
        assert (await world.get("/v1/hazards/count", q=place)).json()["total"] >= 23

    await chassis_testing.eventually(all_there)
    before = {h["hazard_id"] for h in (await world.get("/v1/hazards", q=place, limit=100)).json()["items"]}
    seen: list[str] = []
    page = (await world.get("/v1/hazards", **wanted)).json()
    while True:
        seen += [h["hazard_id"] for h in page["items"]]
        if page["next"] is None:
            break
        newcomer = await world.registered(place=place)
        assert newcomer["place"] == place
        page = (await world.get("/v1/hazards", **wanted, after=page["next"])).json()
    assert len(seen) == len(set(seen))
    assert set(seen) == before


async def test_counts_agree_with_lists_and_filters_narrow_them(world: World) -> None:
    place = f"料仓{new_reference()}"
    hazard = await world.confirmed(place=place, sector="coal_mine")
    await world.registered(place=place)
    counted = (await world.get("/v1/hazards/count", q=place, group_by="grade")).json()
    assert counted == {"total": 2, "groups": [{"value": "general", "count": 1}, {"value": None, "count": 1}]}
    for wanted in ({"state": "confirmed"}, {"sector": "coal_mine"}, {"grade": "general"}):
        items = (await world.get("/v1/hazards", q=place, **wanted)).json()["items"]
        assert [item["hazard_id"] for item in items] == [hazard["hazard_id"]]
    filters: tuple[dict[str, Any], ...] = ({"overdue": True}, {"channel": "self_report"}, {"q": f"{place}%"})
    for nothing in filters:
        assert (await world.get("/v1/hazards/count", **{"q": place, **nothing})).json()["total"] == 0


async def test_the_openapi_document_names_every_command_with_its_body(world: World) -> None:
    document = (await world.client.get("/openapi.json")).json()
    moves = {path.rsplit("/", 1)[1]: way["post"] for path, way in document["paths"].items() if "post" in way}
    assert set(moves) == {"confirm", "reject", "plan", "submit", "return", "close", "reopen", "extend", "regrade"}
    body = moves["confirm"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    assert set(document["components"]["schemas"][body]["required"]) == {"grade", "responsible_unit", "deadline_on"}
    parameters = {p["name"] for p in document["paths"]["/v1/hazards"]["get"]["parameters"]}
    assert {
        "county",
        "sector",
        "grade",
        "state",
        "channel",
        "overdue",
        "reference",
        "q",
        "after",
        "limit",
    } <= parameters
