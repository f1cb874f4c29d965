"""The books in PostgreSQL and the figures over HTTP; no broker."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.types import Grade
from duban_contracts.profile import load_city
from services.chassis.access import keys as api_keys
from services.chassis.process.clock import ManualClock
from services.chassis.storage import database
from services.chassis.storage.database import Database
from services.chassis.storage.schema import migrate
from services.chassis.web import app as http
from services.statistics.adapters import projection
from services.statistics.adapters.projection import Change, Counted
from services.statistics.domain.fold import fold
from services.statistics.domain.record import HazardRecord
from services.statistics.entrypoints.http import create_router
from services.statistics.recompute import books_of, differences
from services.statistics.tests.conftest import PROFILE
from services.statistics.tests.story import START, Hazard, city_of, history_of, in_waves
from services.statistics.tests.test_fold import entry_of

MIGRATIONS = Path(__file__).parents[1] / "migrations"
CITY_KEY, COUNTY_KEY = api_keys.new_token(), api_keys.new_token()


class Books:
    """Folds and saves events as the stream does, in batches of a chosen size."""

    def __init__(self, books: Database) -> None:
        self.database = books
        self.records: dict[str, HazardRecord] = {}

    async def take(self, events: Sequence[CloudEvent], batch: int = 100) -> list[Counted]:
        counted: list[Counted] = []
        for start in range(0, len(events), batch):
            changes = []
            for event in events[start : start + batch]:
                entry = entry_of(event)
                known = self.records.get(entry.hazard_id, HazardRecord(hazard_id=entry.hazard_id))
                self.records[entry.hazard_id] = fold(known, entry)
                changes.append(Change(self.records[entry.hazard_id], entry.version))
            async with self.database.transaction() as connection:
                counted += await projection.save(connection, changes)
        return counted

    async def count(self, query: str) -> int:
        async with self.database.acquire() as connection:
            return int(await connection.fetchval(query))


@pytest.fixture
async def books(database: str) -> AsyncIterator[Books]:
    await migrate(database, MIGRATIONS)
    pool = await _connect(database)
    principals = [
        (api_keys.Principal("city-office-1", "city_office", "140500", None, ()), CITY_KEY),
        (api_keys.Principal("regulator-140502-1", "county_regulator", "140502", None, ()), COUNTY_KEY),
    ]
    async with pool.transaction() as connection:
        await api_keys.store(connection, [api_keys.NewKey(who, token) for who, token in principals])
    yield Books(pool)
    await pool.close()


async def _connect(dsn: str) -> Database:
    return await database.connect(dsn, application_name="test")


@pytest.fixture
async def client(books: Books) -> AsyncIterator[httpx.AsyncClient]:
    clock = ManualClock(START + timedelta(days=60))
    router = create_router(books.database, clock, load_city(PROFILE))
    app = http.create_app("statistics", title="督办统计", database=books.database, routers=[router])
    transport = httpx.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {CITY_KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


async def get(client: httpx.AsyncClient, path: str, **parameters: str) -> dict[str, Any]:
    answer = await client.get(path, params={name.rstrip("_"): value for name, value in parameters.items()})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def check_against(client: httpx.AsyncClient, city: list[Hazard]) -> list[str]:
    loop = asyncio.get_running_loop()

    def ask(path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        return asyncio.run_coroutine_threadsafe(get(client, path, **parameters), loop).result()

    return await asyncio.to_thread(differences, books_of(history_of(city)), ask)


async def test_every_published_figure_equals_the_recomputation(
    books: Books, client: httpx.AsyncClient, chance: random.Random
) -> None:
    city = city_of(80, chance)
    await books.take(in_waves(city))
    assert await check_against(client, city) == []


async def test_the_recomputation_notices_one_count_too_many(
    books: Books, client: httpx.AsyncClient, chance: random.Random
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


async def test_redelivered_and_shuffled_events_raise_no_count(
    books: Books, client: httpx.AsyncClient, chance: random.Random
) -> None:
    city = city_of(20, chance)
    events = in_waves(city)
    shuffled = events + chance.choices(events, k=100)
    chance.shuffle(shuffled)
    first = await books.take(shuffled, batch=7)
    books.records.clear()
    again = await books.take(events, batch=31)
    assert (len(first) > 100, again) == (True, [])
    assert await check_against(client, city) == []


async def test_a_crash_between_the_table_and_the_database_heals_on_redelivery(
    books: Books, client: httpx.AsyncClient, chance: random.Random
) -> None:
    city = city_of(10, chance)
    events = in_waves(city)
    await books.take(events[:20])
    # The stream table has these, the database never got them; then the broker delivers them again.
    for event in events[20:35]:
        entry = entry_of(event)
        books.records[entry.hazard_id] = fold(
            books.records.get(entry.hazard_id, HazardRecord(hazard_id=entry.hazard_id)), entry
        )
    await books.take(events[20:])
    assert await check_against(client, city) == []


async def test_counts_of_one_cell_add_up_over_batches(books: Books) -> None:
    await books.take(Hazard("a").register().confirm(1).events)
    await books.take(Hazard("b").register().confirm(1).events)
    assert await books.count("SELECT count FROM daily_flow WHERE measure = 'confirmed'") == 2


async def test_an_older_record_never_overwrites_a_newer_one(books: Books) -> None:
    events = Hazard("h").register().confirm(1).submit(2).events
    await books.take(events)
    late = Books(books.database)
    await late.take(events[:1])
    assert await books.count("SELECT version FROM hazard_fact WHERE hazard_id = 'h'") == 3


async def test_flows_carry_scope_period_basis_and_chinese_names(books: Books, client: httpx.AsyncClient) -> None:
    await books.take(Hazard("h").register().confirm(1).events)
    answer = await get(client, "/v1/flows", from_="2026-11-01", to="2026-11-01", by="county,grade", sector="hazchem")
    assert answer["scope"] == {"sector": [{"code": "hazchem", "name": "危险化学品"}]}
    assert answer["period"] == {"from": "2026-11-01", "to": "2026-11-01"}
    assert answer["basis"] == "flow"
    names = {(item["county_name"], item["grade_name"]): item for item in answer["items"]}
    assert names["城区", "未定级"]["registered"] == 1
    assert names["城区", "一般事故隐患"]["confirmed"] == 1


async def test_rates_stand_as_of_the_cut_off(books: Books, client: httpx.AsyncClient) -> None:
    await books.take(Hazard("a").register().confirm(1).submit(30).close(70).events)
    await books.take(Hazard("b").register().confirm(1).submit(30).give_back(80).events)
    await books.take(Hazard("c").register().confirm(1).events)
    found = []
    for cut_off in ("2026-11-01", "2026-11-03", "2026-11-10"):
        answer = await get(client, "/v1/rates", from_="2026-11-01", to="2026-11-30", cut_off=cut_off)
        found.append([answer["items"][0][rate]["percent"] for rate in ("rectification_rate", "closure_rate")])
    assert found == [["0.0", "0.0"], ["66.7", "0.0"], ["33.3", "33.3"]]


async def test_major_hazards_are_quoted_by_their_closure_rate(books: Books, client: httpx.AsyncClient) -> None:
    await books.take(Hazard("a").register().confirm(1, Grade.MAJOR).submit(30).events)
    answer = await get(client, "/v1/rates", from_="2026-11-01", to="2026-11-30", by="grade")
    [item] = answer["items"]
    assert item["headline"] == "closure_rate"
    assert item["closure_rate"] == {"numerator": 0, "denominator": 1, "percent": "0.0"}


async def test_there_is_no_rate_where_nothing_was_found(client: httpx.AsyncClient) -> None:
    answer = await get(client, "/v1/rates", from_="2026-11-01", to="2026-11-30")
    assert answer["items"][0]["rectification_rate"] == {"numerator": 0, "denominator": 0, "percent": None}


async def test_stock_on_a_day_is_the_sum_of_flows_until_then(books: Books, client: httpx.AsyncClient) -> None:
    await books.take(Hazard("a").register().confirm(1).submit(30).close(70).reopen(100).events)
    stock = [
        (await get(client, "/v1/stock", on=day))["items"][0]["open"]
        for day in ("2026-10-31", "2026-11-01", "2026-11-03", "2026-11-04", "2026-11-05")
    ]
    assert stock == [0, 1, 1, 0, 1]


async def test_clearance_time_is_closing_minus_confirmation(books: Books, client: httpx.AsyncClient) -> None:
    for name, hours in (("a", 24), ("b", 48), ("c", 120)):
        await books.take(Hazard(name).register().confirm(1).submit(2).close(1 + hours).events)
    await books.take(Hazard("d").register().confirm(1).events)
    answer = await get(client, "/v1/clearance", from_="2026-11-01", to="2026-11-30")
    [item] = answer["items"]
    assert (item["closings"]["closed"], item["closings"]["median"]["days"]) == (3, 2.0)
    assert item["closings"]["p90"]["days"] == pytest.approx(4.4)
    assert item["confirmations"]["open"] == 1
    assert item["confirmations"]["p90"] is None


async def test_the_balance_is_kept_day_by_day(books: Books, client: httpx.AsyncClient, chance: random.Random) -> None:
    await books.take(in_waves(city_of(40, chance)))
    answer = await get(client, "/v1/balance", from_="2026-11-01", to="2026-12-05", by="county,grade,day")
    assert answer["balanced"] is True
    assert len(answer["items"]) > 100


async def test_a_county_sees_its_own_figures_only(books: Books, client: httpx.AsyncClient) -> None:
    await books.take(Hazard("a").register().confirm(1).events)
    await books.take(Hazard("b", county="140521").register().confirm(1).events)
    client.headers["Authorization"] = f"Bearer {COUNTY_KEY}"
    answer = await get(client, "/v1/stock", on="2026-11-30", by="county")
    assert [item["county"] for item in answer["items"]] == ["140502"]
    refused = await client.get("/v1/stock", params={"county": "140521"})
    assert (refused.status_code, refused.json()["code"]) == (403, "outside-scope")


@pytest.mark.parametrize(
    ("path", "parameters", "status"),
    [
        ("/v1/flows", {"from": "2026-11-02", "to": "2026-11-01"}, 422),
        ("/v1/flows", {"from": "2026-11-01", "to": "2026-11-02", "by": "enterprise"}, 422),
        ("/v1/flows", {"from": "2020-11-01", "to": "2026-11-02", "by": "day"}, 422),
        ("/v1/flows", {"to": "2026-11-02"}, 422),
    ],
)
async def test_a_wrong_question_is_answered_with_a_problem(
    client: httpx.AsyncClient, path: str, parameters: dict[str, str], status: int
) -> None:
    answer = await client.get(path, params=parameters)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_figures_need_a_key(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    assert (await client.get("/v1/stock")).status_code == 401
