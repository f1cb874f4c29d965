"""The figures over HTTP, from books in PostgreSQL; no broker."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from duban_contracts.events.types import Grade
from duban_contracts.testing.stories import Story, in_waves
from services.statistics.recompute.handlers import differences
from services.statistics.recompute.model import books_of
from services.statistics.tests.asking import Client
from services.statistics.tests.bench import Books
from services.statistics.tests.stories import DEADLINE, city_of, found, history_of, hour, open_since

NOVEMBER = {"from_": "2026-11-01", "to": "2026-11-30"}


async def check_against(client: Client, city: Sequence[Story]) -> list[str]:
    loop = asyncio.get_running_loop()

    def ask(path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        return asyncio.run_coroutine_threadsafe(client.figures(path, **parameters), loop).result()

    return await asyncio.to_thread(differences, books_of(history_of(city)), ask)


@pytest.mark.promise("P5")
@pytest.mark.feature("SY52")
async def test_every_published_figure_equals_the_recomputation(
    books: Books, client: Client, chance: random.Random
) -> None:
    city = city_of(80, chance)
    await books.take(in_waves(city))
    assert await check_against(client, city) == []


@pytest.mark.promise("P5")
async def test_the_recomputation_notices_one_count_too_many(
    books: Books, client: Client, chance: random.Random
) -> None:
    city = city_of(8, chance)
    await books.take(in_waves(city))
    async with books.database.acquire() as connection:
        await connection.execute(
            "UPDATE daily_flow SET count = count + 1 WHERE ctid = (SELECT ctid FROM daily_flow "
            "WHERE measure = 'confirmed' LIMIT 1)"
        )
    found = await check_against(client, city)
    assert any(line.startswith("flows") for line in found)
    assert any(line.startswith("balance") for line in found)


async def test_flows_carry_scope_period_basis_and_chinese_names(books: Books, client: Client) -> None:
    await books.take(open_since(1).records())
    answer = await client.figures("/v1/flows", from_="2026-11-01", to="2026-11-01", by="county,grade", sector="hazchem")
    assert answer["scope"] == {"sector": [{"code": "hazchem", "name": "危险化学品"}]}
    assert answer["period"] == {"from": "2026-11-01", "to": "2026-11-01"}
    assert (answer["basis"], answer["cut_off"], answer["by"]) == ("flow", "2026-11-01", ["county", "grade"])
    names = {(item["county_name"], item["grade_name"]): item for item in answer["items"]}
    assert names["城区", "未定级"]["registered"] == 1
    assert names["城区", "一般事故隐患"]["confirmed"] == 1


async def test_flows_of_several_days_are_summed_unless_they_are_split_by_day(books: Books, client: Client) -> None:
    await books.take([*open_since(1, "a").records(), *open_since(40, "b").records()])
    [whole] = (await client.figures("/v1/flows", **NOVEMBER))["items"]
    assert (whole["registered"], whole["confirmed"], "day" in whole) == (2, 2, False)
    daily = (await client.figures("/v1/flows", **NOVEMBER, by="day"))["items"]
    assert [(item["day"], item["confirmed"]) for item in daily] == [("2026-11-01", 1), ("2026-11-03", 1)]


async def test_where_nothing_happened_there_are_counts_of_zero_and_no_splits(client: Client) -> None:
    [item] = (await client.figures("/v1/flows", **NOVEMBER))["items"]
    assert set(item.values()) == {0}
    assert (await client.figures("/v1/flows", **NOVEMBER, by="county"))["items"] == []
    assert (await client.figures("/v1/stock", by="county"))["items"] == []


@pytest.mark.feature("SY53")
async def test_rates_stand_as_of_the_cut_off(books: Books, client: Client) -> None:
    await books.take(open_since(1, "a").submitted(hour(30)).closed(hour(70)).records())
    await books.take(open_since(1, "b").submitted(hour(30)).returned(hour(80)).records())
    await books.take(open_since(1, "c").records())
    rates = []
    for cut_off in ("2026-11-01", "2026-11-03", "2026-11-10"):
        [item] = (await client.figures("/v1/rates", **NOVEMBER, cut_off=cut_off))["items"]
        rates.append([item[rate]["percent"] for rate in ("rectification_rate", "closure_rate")])
    assert rates == [["0.0", "0.0"], ["66.7", "0.0"], ["33.3", "33.3"]]


@pytest.mark.feature("SY53")
async def test_the_rates_on_time_count_hazards_whose_deadline_fell_in_the_period(books: Books, client: Client) -> None:
    in_time, late = open_since(1, "a").submitted(hour(30)), open_since(1, "b").submitted(hour(232))
    await books.take([*in_time.closed(hour(40)).records(), *late.closed(hour(240)).records()])
    await books.take(found("c").confirmed(hour(2), date(2026, 12, 1)).records())
    [item] = (await client.figures("/v1/rates", **NOVEMBER))["items"]
    assert item["on_time_rate"] == {"numerator": 1, "denominator": 2, "percent": "50.0"}
    assert item["on_time_submission_rate"] == {"numerator": 1, "denominator": 2, "percent": "50.0"}
    [december] = (await client.figures("/v1/rates", from_="2026-12-01", to="2026-12-31"))["items"]
    assert december["rectification_rate"]["denominator"] == 0
    assert december["on_time_rate"]["denominator"] == 1


@pytest.mark.feature("SY53")
@pytest.mark.promise("P5")
async def test_who_was_late_stays_so_in_both_periods_whatever_deadline_follows(books: Books, client: Client) -> None:
    extended = open_since(1, "a").overdue(hour(240)).extended(hour(260), date(2026, 12, 20))
    reopened = open_since(1, "b").submitted(hour(232)).closed(hour(240)).reopened(hour(260), date(2026, 12, 20))
    wrong = open_since(1, "c").overdue(hour(240)).deadline_corrected(hour(260), date(2026, 12, 20))
    city = [each.submitted(hour(800)).closed(hour(900)) for each in (extended, reopened, wrong)]
    await books.take(in_waves(city))
    for month, met, due in (("11", 0, 2), ("12", 1, 3)):
        [item] = (await client.figures("/v1/rates", from_=f"2026-{month}-01", to=f"2026-{month}-30"))["items"]
        for rate in ("on_time_rate", "on_time_submission_rate"):
            assert (item[rate]["numerator"], item[rate]["denominator"]) == (met, due)
    assert await check_against(client, city) == []


@pytest.mark.feature("SY53")
async def test_a_deadline_counts_from_the_end_of_its_day_on(books: Books, client: Client) -> None:
    await books.take([*open_since(1, "a").records(), *open_since(1, "b").submitted(hour(2)).closed(hour(3)).records()])
    for cut_off, met, due in (("2026-11-09", 0, 0), ("2026-11-10", 1, 2), ("2026-11-30", 1, 2)):
        [item] = (await client.figures("/v1/rates", **NOVEMBER, cut_off=cut_off))["items"]
        assert (item["on_time_rate"]["numerator"], item["on_time_rate"]["denominator"]) == (met, due)
        assert item["closure_rate"]["denominator"] == 2


@pytest.mark.feature("SY31")
async def test_every_rate_falls_at_once_when_a_look_back_fails(books: Books, client: Client) -> None:
    mended = [open_since(1, name).submitted(hour(30)).closed(hour(40)) for name in "ab"]
    await books.take(in_waves(mended))
    names = ("rectification_rate", "closure_rate", "on_time_rate")
    [before] = (await client.figures("/v1/rates", **NOVEMBER))["items"]
    assert {before[name]["percent"] for name in names} == {"100.0"}
    await books.take(mended[0].reopened(hour(41), date(2026, 11, 29)).records()[-1:])
    [after] = (await client.figures("/v1/rates", **NOVEMBER))["items"]
    assert [(after[name]["numerator"], after[name]["percent"]) for name in names] == [(1, "50.0")] * 3


@pytest.mark.feature("SY53")
async def test_what_a_review_gave_back_counts_as_in_time(books: Books, client: Client) -> None:
    # Due on 3 November as set; handed in on the 1st, returned on the 7th, handed in again on the 8th, closed on the 9th.
    story = found().confirmed(hour(1), date(2026, 11, 3)).submitted(hour(10)).returned(hour(144))
    await books.take(story.submitted(hour(168)).closed(hour(192)).records())
    [item] = (await client.figures("/v1/rates", **NOVEMBER))["items"]
    assert item["on_time_rate"] == {"numerator": 1, "denominator": 1, "percent": "100.0"}
    assert item["on_time_submission_rate"] == {"numerator": 1, "denominator": 1, "percent": "100.0"}


@pytest.mark.feature("SY53")
async def test_what_is_still_in_review_was_handed_in_in_time(books: Books, client: Client) -> None:
    await books.take(open_since(1).submitted(hour(230)).records())
    [item] = (await client.figures("/v1/rates", **NOVEMBER))["items"]
    assert item["on_time_rate"] == {"numerator": 0, "denominator": 1, "percent": "0.0"}
    assert item["on_time_submission_rate"] == {"numerator": 1, "denominator": 1, "percent": "100.0"}


@pytest.mark.feature("SY53")
async def test_steps_that_were_booked_before_the_reckoning_go_by_the_printed_day(books: Books, client: Client) -> None:
    in_time, late = open_since(1, "a").submitted(hour(30)), open_since(1, "b").submitted(hour(30))
    await books.take([*in_time.closed(hour(40)).records(), *late.closed(hour(240)).records()])
    async with books.database.acquire() as connection:
        await connection.execute("UPDATE hazard_step SET due_on = NULL, passed = NULL")
    [item] = (await client.figures("/v1/rates", **NOVEMBER))["items"]
    assert item["on_time_rate"] == {"numerator": 1, "denominator": 2, "percent": "50.0"}
    assert item["on_time_submission_rate"] == {"numerator": 2, "denominator": 2, "percent": "100.0"}


@pytest.mark.feature("SY53")
async def test_major_hazards_are_quoted_by_their_closure_rate(books: Books, client: Client) -> None:
    await books.take(open_since(1, "a", Grade.MAJOR).submitted(hour(30)).records())
    await books.take(open_since(1, "b").records())
    items = (await client.figures("/v1/rates", **NOVEMBER, by="grade"))["items"]
    assert [(item["grade"], item["headline"]) for item in items] == [
        ("general", "rectification_rate"),
        ("major", "closure_rate"),
    ]
    assert items[1]["closure_rate"] == {"numerator": 0, "denominator": 1, "percent": "0.0"}
    [major] = (await client.figures("/v1/rates", **NOVEMBER, grade="major"))["items"]
    assert major["headline"] == "closure_rate"
    [both] = (await client.figures("/v1/rates", **NOVEMBER, grade="major,general"))["items"]
    assert both["headline"] == "rectification_rate"


@pytest.mark.feature("SY53")
async def test_there_is_no_rate_where_nothing_was_found(client: Client) -> None:
    [item] = (await client.figures("/v1/rates", **NOVEMBER))["items"]
    assert item["rectification_rate"] == {"numerator": 0, "denominator": 0, "percent": None}


@pytest.mark.feature("SY54")
async def test_stock_on_a_day_is_the_sum_of_flows_until_then(books: Books, client: Client) -> None:
    story = open_since(1).submitted(hour(30)).closed(hour(70)).reopened(hour(100), DEADLINE)
    await books.take(story.records())
    stock = [
        (await client.figures("/v1/stock", on=day))["items"][0]["open"]
        for day in ("2026-10-31", "2026-11-01", "2026-11-03", "2026-11-04", "2026-11-05")
    ]
    assert stock == [0, 1, 1, 0, 1]


@pytest.mark.feature("SY54")
async def test_stock_today_names_the_overdue(books: Books, client: Client) -> None:
    await books.take([*open_since(1, "a").overdue(hour(300)).records(), *open_since(1, "b").records()])
    answer = await client.figures("/v1/stock", by="county")
    assert (answer["cut_off"], answer["period"], answer["basis"]) == ("2026-12-31", None, "stock")
    assert [(item["county"], item["open"], item["overdue"]) for item in answer["items"]] == [("140502", 2, 1)]


async def test_clearance_time_is_closing_minus_confirmation(books: Books, client: Client) -> None:
    for name, hours in (("a", 24), ("b", 48), ("c", 120)):
        await books.take(open_since(1, name).submitted(hour(2)).closed(hour(1 + hours)).records())
    await books.take(open_since(1, "d").records())
    answer = await client.figures("/v1/clearance", **NOVEMBER)
    [item] = answer["items"]
    assert item["closings"]["closed"] == 3
    assert item["closings"]["median"] == {"seconds": 172_800.0, "days": 2.0}
    assert item["closings"]["p90"]["days"] == pytest.approx(4.4)
    assert (item["confirmations"]["found"], item["confirmations"]["open"]) == (4, 1)
    assert item["confirmations"]["median"]["days"] == 2.0
    assert item["confirmations"]["p90"] is None


@pytest.mark.feature("SY54")
async def test_the_balance_is_kept_day_by_day(books: Books, client: Client, chance: random.Random) -> None:
    await books.take(in_waves(city_of(40, chance)))
    answer = await client.figures("/v1/balance", from_="2026-11-01", to="2026-12-05", by="county,grade,day")
    assert answer["balanced"] is True
    assert len(answer["items"]) > 100


@pytest.mark.promise("P5")
async def test_a_balance_that_does_not_hold_is_said_at_the_top(books: Books, client: Client) -> None:
    await books.take(open_since(1).records())
    async with books.database.acquire() as connection:
        await connection.execute("DELETE FROM daily_flow WHERE measure = 'confirmed'")
    answer = await client.figures("/v1/balance", **NOVEMBER, by="county")
    assert answer["balanced"] is False
    [item] = answer["items"]
    assert (item["closing"], item["counted"], item["balanced"]) == (0, 1, False)
