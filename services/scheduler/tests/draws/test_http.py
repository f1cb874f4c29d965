"""A draw over HTTP: announced, frozen, drawn once, and drawn again by anybody."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.scheduler.draws.model.announcement import first_id_of
from services.scheduler.tests.draws.builders import CATERING, GAS, MALL, SECRETS, announcement, inspector, target
from services.scheduler.tests.draws.the_program import run
from services.scheduler.tests.office import PEOPLE, Office

THE_DAY = datetime(2024, 5, 20, 1, tzinfo=UTC)


async def text_of(office: Office, draw_id: str) -> bytes:
    headers = {"Authorization": f"Bearer {PEOPLE['observer'].token}"}
    found = await office.client.get(f"/v1/draws/{draw_id}/input.txt", headers=headers)
    assert found.status_code == 200, found.text
    return found.content


def held(made: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"input_sha256": made["input_sha256"], "secrets": SECRETS, **fields}


@pytest.mark.feature("SY19")
async def test_a_draw_of_a_document_number_is_repeated_with_the_same_result_and_shows_who_was_excluded_and_why(
    office: Office, tmp_path: Path
) -> None:
    made = await office.tell("/v1/draws", announcement(), status=201)
    assert (made["seed"], made["teams"], made["secrets"]) == (None, [], [])
    assert [each["reason"] for each in made["excluded"]] == ["suspended", "on_leave"]
    office.clock.set(THE_DAY)
    drawn = await office.tell(f"/v1/draws/{made['draw_id']}/draw", held(made))
    anybody = await office.ask(f"/v1/draws/{made['draw_id']}", who="observer")
    assert anybody == drawn
    repeated = run(await text_of(office, made["draw_id"]), anybody["secrets"], tmp_path)
    assert repeated == [[team["target"], *team["inspectors"]] for team in drawn["teams"]]
    assert len(repeated) == 2
    whole = [(each["target"] or each["inspector"], each["reason_zh"]) for each in drawn["excluded"]][:2]
    assert whole == [(MALL, "停产停业"), ("I-03", "检查期间请假")]
    ties = {(each["inspector"], each["reason"]) for each in drawn["excluded"][2:]}
    assert ties <= {("I-01", "employed"), ("I-02", "related")}


async def test_it_is_drawn_once_and_other_secrets_draw_nothing(office: Office) -> None:
    made = await office.tell("/v1/draws", announcement(), status=201)
    path = f"/v1/draws/{made['draw_id']}/draw"
    assert (await office.tell(path, held(made), status=409))["code"] == "draw-too-early"
    office.clock.set(THE_DAY)
    other = held(made, secrets=["b" * 32, SECRETS[1]])
    assert (await office.tell(path, other, status=422))["code"] == "draw-secret-differs"
    first = await office.tell(path, held(made))
    office.clock.set(datetime(2024, 5, 27, 1, tzinfo=UTC))
    assert await office.tell(path, held(made, secrets=SECRETS[::-1])) == first
    assert (await office.tell(path, other, status=422))["code"] == "draw-secret-differs"


async def test_announced_and_drawn_by_several_at_once_it_is_one_draw(office: Office) -> None:
    made = await asyncio.gather(*(office.tell("/v1/draws", announcement(), status=201) for _ in range(4)))
    assert made == [made[0]] * 4
    office.clock.set(THE_DAY)
    path = f"/v1/draws/{made[0]['draw_id']}/draw"
    drawn = await asyncio.gather(*(office.tell(path, held(made[0])) for _ in range(4)))
    assert drawn == [drawn[0]] * 4


async def test_what_was_announced_stands_and_another_order_is_no_other_input(office: Office) -> None:
    made = await office.tell("/v1/draws", announcement(), status=201)
    turned = announcement(targets=announcement()["targets"][::-1])
    assert await office.tell("/v1/draws", turned, status=201) == made
    more = announcement(inspectors=[*announcement()["inspectors"], inspector("I-07")])
    assert (await office.tell("/v1/draws", more, status=409))["code"] == "draw-announced"
    office.clock.set(THE_DAY)
    changed = held(made, input_sha256="0" * 64)
    assert (await office.tell(f"/v1/draws/{made['draw_id']}/draw", changed, status=409))["code"] == "draw-input-differs"


async def test_an_input_that_was_changed_in_the_database_is_not_drawn(office: Office) -> None:
    made = await office.tell("/v1/draws", announcement(), status=201)
    async with office.database.transaction() as connection:
        await connection.execute("UPDATE draw SET input = jsonb_set(input, '{targets_drawn}', '1')")
    office.clock.set(THE_DAY)
    said = await office.tell(f"/v1/draws/{made['draw_id']}/draw", held(made), status=409)
    assert said["code"] == "draw-input-differs"


async def test_what_cannot_be_drawn_is_refused_by_field(office: Office) -> None:
    body = announcement(draws_on="2024-05-15", targets=[target(GAS), target(GAS)], targets_drawn=2)
    said = await office.tell("/v1/draws", body, status=422)
    assert [(each["code"], each["field"]) for each in said["errors"]] == [
        ("draw-listed-twice", "$.targets[1]"),
        ("draw-day-not-ahead", "$.draws_on"),
    ]
    assert (await office.ask("/v1/draws"))["items"] == []


@pytest.mark.feature("SY19")
async def test_a_countys_office_draws_in_its_own_county_and_nowhere_else(office: Office) -> None:
    own = announcement(
        document_number="城安办〔2024〕3号",
        targets=[target(CATERING), target(GAS)],
        inspectors=[inspector("I-01"), inspector("I-02"), inspector("I-04")],
    )
    made = await office.tell("/v1/draws", own, who="county", status=201)
    for beyond in (
        announcement(document_number="城安办〔2024〕4号"),
        {
            **own,
            "document_number": "城安办〔2024〕4号",
            "inspectors": [*own["inspectors"], inspector("I-05", "140521")],
        },
        {**own, "document_number": "城安办〔2024〕4号", "targets": [target(CATERING, "140521"), target(GAS, "140521")]},
    ):
        refused = await office.tell("/v1/draws", beyond, who="county", status=404)
        assert refused["code"] == "draw-beyond-county"
    citys = await office.tell("/v1/draws", announcement(), status=201)
    office.clock.set(THE_DAY)
    drawn = await office.tell(f"/v1/draws/{made['draw_id']}/draw", held(made), who="county")
    assert (drawn["announced_by"], drawn["drawn_by"], len(drawn["teams"])) == ("county-office-1", "county-office-1", 2)
    foreign = await office.tell(f"/v1/draws/{citys['draw_id']}/draw", held(citys), who="county", status=404)
    assert foreign["code"] == "draw-not-found"
    # Whoever announced it, everybody reads it, and the city may hold it, too.
    assert (await office.ask(f"/v1/draws/{made['draw_id']}", who="observer"))["teams"] == drawn["teams"]
    assert await office.tell(f"/v1/draws/{made['draw_id']}/draw", held(made)) == drawn


async def test_a_county_takes_no_number_from_the_city_nor_from_another_office(office: Office) -> None:
    lists = {"targets": [target(CATERING), target(GAS)], "inspectors": [inspector(f"I-0{n}") for n in range(1, 5)]}
    countys = await office.tell("/v1/draws", announcement(**lists), who="county", status=201)
    citys = await office.tell("/v1/draws", announcement(), status=201)
    assert citys["draw_id"] != countys["draw_id"]
    assert await office.tell("/v1/draws", announcement(**lists), who="county", status=201) == countys
    assert (await office.tell("/v1/draws", announcement(**lists), status=409))["code"] == "draw-announced"
    assert {item["draw_id"] for item in (await office.ask("/v1/draws"))["items"]} == {
        citys["draw_id"],
        countys["draw_id"],
    }


async def test_what_was_announced_before_ids_named_the_area_is_found_and_stands(office: Office) -> None:
    made = await office.tell("/v1/draws", announcement(), status=201)
    first = first_id_of(announcement()["document_number"])
    async with office.database.transaction() as connection:
        await connection.execute("UPDATE draw SET draw_id = $1", first)
    assert await office.tell("/v1/draws", announcement(), status=201) == {**made, "draw_id": first}
    lists = {"targets": [target(CATERING), target(GAS)], "inspectors": [inspector(f"I-0{n}") for n in range(1, 5)]}
    for who, body in (("office", announcement(targets_drawn=1)), ("county", announcement(**lists))):
        assert (await office.tell("/v1/draws", body, who=who, status=409))["code"] == "draw-announced"
    office.clock.set(THE_DAY)
    assert (await office.tell(f"/v1/draws/{first}/draw", held(made)))["teams"]


async def test_draws_are_listed(office: Office) -> None:
    made = await office.tell("/v1/draws", announcement(), status=201)
    [item] = (await office.ask("/v1/draws", who="county"))["items"]
    assert (item["draw_id"], item["document_number"], item["drawn_at"]) == (
        made["draw_id"],
        announcement()["document_number"],
        None,
    )
    refused = await office.tell("/v1/draws", announcement(), who="observer", status=403)
    assert refused["code"] == "role-not-allowed"
    assert (await office.ask("/v1/draws/0123456789abcdef", status=404))["code"] == "draw-not-found"
