"""Who may ask for figures, and what a wrong question is answered with."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from services.chassis.access.principal import Principal
from services.statistics.tests.asking import Client
from services.statistics.tests.bench import Books
from services.statistics.tests.stories import open_since

NOVEMBER = {"from_": "2026-11-01", "to": "2026-11-30"}


@pytest.mark.feature("SY65")
async def test_another_countys_figures_are_as_if_it_did_not_exist(books: Books, client: Client) -> None:
    await books.take([*open_since(1, "a").records(), *open_since(1, "b", county="140521").records()])
    await client.speak_as(Principal("regulator-140502-1", "county_regulator", "140502"))
    own = await client.figures("/v1/stock", on="2026-11-30", by="county")
    assert [item["county"] for item in own["items"]] == ["140502"]
    assert own["scope"] == {"county": [{"code": "140502", "name": "城区"}]}
    both = await client.figures("/v1/stock", on="2026-11-30", by="county", county="140502,140521")
    assert both["items"] == own["items"]
    foreign = await client.figures("/v1/stock", on="2026-11-30", county="140521")
    assert (foreign["items"], foreign["scope"]) == ([], {"county": []})


@pytest.mark.feature("SY65")
async def test_an_account_of_some_sectors_sees_those(books: Books, client: Client) -> None:
    await books.take([*open_since(1, "a").records(), *open_since(1, "b", sector="coal_mine").records()])
    await client.speak_as(Principal("coal-1", "city_regulator", "140500", sectors=("coal_mine",)))
    answer = await client.figures("/v1/flows", **NOVEMBER, by="sector")
    assert [item["sector"] for item in answer["items"]] == ["coal_mine"]
    assert (await client.figures("/v1/flows", **NOVEMBER, sector="hazchem"))["items"] == []


@pytest.mark.feature("SY65")
async def test_whoever_is_bound_to_less_than_a_county_gets_no_figures_and_is_told_so(client: Client) -> None:
    await client.speak_as(Principal("township-1", "county_regulator", "140502001"))
    answer = await client.get("/v1/stock")
    assert (answer.status_code, answer.json()["code"]) == (403, "reach-not-allowed")
    await client.speak_as(Principal("township-2", "township_officer", "140502001"))
    answer = await client.get("/v1/stock")
    assert (answer.status_code, answer.json()["code"]) == (403, "role-not-allowed")


@pytest.mark.parametrize(
    ("path", "parameters", "field", "named"),
    [
        ("/v1/flows", {"from": "2026-11-02", "to": "2026-11-01"}, "to", "before"),
        ("/v1/flows", {"from": "2026-11-01", "to": "2026-11-02", "by": "enterprise"}, "by", "enterprise"),
        ("/v1/flows", {"from": "2020-11-01", "to": "2026-11-02", "by": "day"}, "to", "400"),
        ("/v1/balance", {"from": "2020-11-01", "to": "2026-11-02", "by": "day"}, "to", "400"),
        ("/v1/stock", {"by": "day"}, "by", "day"),
        ("/v1/rates", {"from": "2026-11-01", "to": "2026-11-02", "by": "day"}, "by", "day"),
        ("/v1/clearance", {"from": "2026-11-01", "to": "2026-11-02", "by": "county,day"}, "by", "day"),
        ("/v1/flows", {"to": "2026-11-02"}, "from", "required"),
        ("/v1/flows", {"from": "1700000000", "to": "2026-11-02"}, "from", "date"),
        ("/v1/stock", {"on": "0"}, "on", "date"),
        ("/v1/stock", {"county": "140502,999999"}, "county", "999999"),
        ("/v1/stock", {"sector": "hazchem,no_such"}, "sector", "no_such"),
        ("/v1/stock", {"grade": "minor"}, "grade", "minor"),
        ("/v1/stock", {"grade": ""}, "grade", "must be one of"),
        ("/v1/stock", {"county": ""}, "county", "must be one of"),
        ("/v1/stock", {"channel": "rumour"}, "channel", "rumour"),
        ("/v1/stock", {"countty": "140502"}, "countty", "county"),
    ],
)
async def test_a_wrong_question_is_answered_by_naming_what_is_wrong(
    client: Client, path: str, parameters: dict[str, str], field: str, named: str
) -> None:
    answer = await client.http.get(path, params=parameters)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field
    assert named in answer.json()["rule"]


async def test_the_longest_period_by_day_is_400_days(client: Client) -> None:
    answer = await client.get("/v1/flows", from_="2025-10-28", to="2026-12-01", by="day")
    assert answer.status_code == 200
    answer = await client.get("/v1/flows", from_="2025-10-27", to="2026-12-01", by="day")
    assert (answer.status_code, answer.json()["code"]) == (422, "period-too-long")


async def test_figures_need_a_key(client: Client) -> None:
    del client.http.headers["Authorization"]
    assert (await client.get("/v1/stock")).status_code == 401


def test_openapi_names_every_answer_and_what_by_may_be(app: FastAPI) -> None:
    document = app.openapi()
    for name in ("flows", "stock", "rates", "clearance", "balance"):
        route = document["paths"][f"/v1/{name}"]["get"]
        shown = route["responses"]["200"]["content"]["application/json"]["schema"]
        assert shown == {"$ref": f"#/components/schemas/{name.title()}Document"}
        [by] = [parameter for parameter in route["parameters"] if parameter["name"] == "by"]
        daily = ["day"] if name in {"flows", "balance"} else []
        assert by["schema"]["items"]["enum"] == ["county", "sector", "grade", "channel", *daily]
    assert "FlowItem" in document["components"]["schemas"]
