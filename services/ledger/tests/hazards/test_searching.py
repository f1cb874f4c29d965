"""Searches and counts equal the plain rule, whatever way they take: pairs, tallies, what is unread, what was corrected."""

from __future__ import annotations

import random
from typing import Any, Final

import pytest

from duban_contracts.events.types import Enterprise
from duban_contracts.testing.claims import report
from services.chassis.testing.kafka import eventually
from services.ledger.claims.handlers.take_claims import Claims, take_claims
from services.ledger.hazards.jobs import add_up_tallies, read_words
from services.ledger.hazards.tables import searching
from services.ledger.tests.in_process import InProcess

LETTERS: Final = "煤尘瓦斯火aAbB09-灭%_\\'é"
NAIVE: Final = """
SELECT number FROM hazard
 WHERE number ILIKE $1 OR enterprise_name ILIKE $1 OR place ILIKE $1 OR description ILIKE $1 ORDER BY hazard_id DESC"""
SWEPT: Final = """
SELECT min(vacuum_count) FROM pg_stat_user_tables WHERE relname IN ('hazard_tally_change', 'hazard_unread')"""
TALLIED: Final = ("county", "sector", "state", "grade", "channel")


@pytest.fixture
def draw() -> random.Random:
    return random.Random(7)


def text(draw: random.Random, most: int) -> str:
    return "".join(draw.choice(LETTERS) for _ in range(draw.randint(1, most)))


def some(ledger: InProcess, draw: random.Random, number: int) -> list[Any]:
    return [
        report(
            ledger.new_reference(),
            place=text(draw, 6),
            description=text(draw, 14),
            enterprise=Enterprise(name=text(draw, 6), uscc=None),
            sector=draw.choice(("coal_mine", "fire_safety")),
        )
        for _ in range(number)
    ]


async def naive(ledger: InProcess, wanted: str) -> list[str]:
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [row["number"] for row in await ledger.pool.fetch(NAIVE, f"%{escaped}%")]


@pytest.mark.feature("SY23")
async def test_a_search_finds_what_the_plain_rule_finds_read_or_unread(
    ledger: InProcess, draw: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few among the newest that most is found by its pairs.
    monkeypatch.setattr(searching, "_NEWEST", 5)
    monkeypatch.setattr(searching, "_MORE", 12)
    await ledger.take(*some(ledger, draw, 60))
    await read_words(ledger.database, ledger.platform.clock)
    assert await ledger.pool.fetchval("SELECT count(*) FROM hazard_unread") == 0
    corrected = some(ledger, draw, 1)[0]
    await ledger.take(corrected)
    await read_words(ledger.database, ledger.platform.clock)
    # Unread: new ones, and one whose words were others.
    await ledger.take(report(corrected.reference, place="塔吊", description="钢丝绳断丝"), *some(ledger, draw, 10))
    assert await ledger.pool.fetchval("SELECT count(*) FROM hazard_unread") == 11
    wanted = [*(text(draw, 3) for _ in range(40)), "塔吊", "丝", "140502-", "éA", "0"]
    for each in wanted:
        items = (await ledger.get("/v1/hazards", q=each, limit=100)).json()["items"]
        plain = await naive(ledger, each)
        assert [item["number"] for item in items] == plain[:100], each
        counted = (await ledger.get("/v1/hazards/count", q=each, group_by="sector")).json()
        if counted["complete"]:
            # A hazard that was reported more than once is listed with each report, and counted once (SY26).
            once = "SELECT count(DISTINCT coalesce(merged_into, hazard_id)) FROM hazard WHERE number = ANY($1)"
            assert counted["total"] == await ledger.pool.fetchval(once, plain), each
    of_sector = (await ledger.get("/v1/hazards", "coal", q="煤", limit=100)).json()["items"]
    coal = {row["number"] for row in await ledger.pool.fetch("SELECT number FROM hazard WHERE sector = 'coal_mine'")}
    assert [item["number"] for item in of_sector] == [each for each in await naive(ledger, "煤") if each in coal][:100]


@pytest.mark.feature("SY23")
async def test_a_correction_is_found_though_the_job_reads_while_it_is_not_yet_committed(
    ledger: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By its pairs alone.
    monkeypatch.setattr(searching, "_NEWEST", 1)
    monkeypatch.setattr(searching, "_MORE", 1)
    hazard = await ledger.registered(place="改前之处")
    await ledger.registered(place="较新之处")
    correction = ledger.delivery(report(hazard["reference"], place="旋窑托轮"))
    async with ledger.database.transaction() as connection:
        await take_claims(connection, [correction], claims=Claims.on(ledger.platform))
        await read_words(ledger.database, ledger.platform.clock)
    await read_words(ledger.database, ledger.platform.clock)
    assert await ledger.pool.fetchval("SELECT count(*) FROM hazard_unread") == 0
    found = (await ledger.get("/v1/hazards", q="旋窑托轮")).json()["items"]
    assert [item["number"] for item in found] == [hazard["number"]]


@pytest.mark.feature("SY23")
async def test_a_list_that_was_looked_through_to_its_end_is_not_searched_again_by_pairs(
    ledger: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [await ledger.registered(place="锅筒水位计") for _ in range(3)]
    by_pairs: list[object] = []
    places = searching._Search.places

    def watched(search: searching._Search) -> str:
        by_pairs.append(search)
        return places(search)

    monkeypatch.setattr(searching._Search, "places", watched)
    found = (await ledger.get("/v1/hazards", q="锅筒水位计", overdue="false")).json()["items"]
    assert [item["number"] for item in found] == [each["number"] for each in reversed(held)]
    assert by_pairs == []
    monkeypatch.setattr(searching, "_NEWEST", 2)
    monkeypatch.setattr(searching, "_MORE", 2)
    for limit in (2, 3, 4):
        found = (await ledger.get("/v1/hazards", q="锅筒水位计", overdue="false", limit=limit)).json()["items"]
        assert [item["number"] for item in found] == [each["number"] for each in reversed(held)][:limit]
    # A page asks for one more than it shows.
    assert len(by_pairs) == 3


@pytest.mark.feature("SY25")
async def test_a_count_of_a_text_that_too_many_hold_says_that_it_is_not_all(
    ledger: InProcess, draw: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_NEWEST", 5)
    monkeypatch.setattr(searching, "_MORE", 12)
    monkeypatch.setattr(searching, "_FREQUENT", 3)
    monkeypatch.setattr(searching, "_MORE", 7)
    await ledger.take(*(report(ledger.new_reference(), place="鼓风炉") for _ in range(9)))
    assert (await ledger.get("/v1/hazards/count", q="鼓风炉")).json() == {"total": 7, "groups": [], "complete": False}
    await read_words(ledger.database, ledger.platform.clock)
    assert (await ledger.get("/v1/hazards/count", q="无此二字")).json() == {"total": 0, "groups": [], "complete": True}


@pytest.mark.feature("SY25")
async def test_tallies_are_what_a_count_of_the_rows_gives_after_any_moves_and_whenever_they_are_added_up(
    ledger: InProcess, draw: random.Random
) -> None:
    for nth in range(12):
        hazard = await ledger.registered(sector=draw.choice(("coal_mine", "fire_safety")), township="140502001")
        if nth % 2:
            hazard = (await ledger.confirm(hazard, grade=draw.choice(("general", "major")))).json()
        if nth % 4 == 1:
            await ledger.post(hazard["number"], "escalate", {"to": "county", "reason": "涉及多个单位"})
        if nth % 5 == 0:
            await add_up_tallies(ledger.database)
    await tallies_are_right(ledger)
    await add_up_tallies(ledger.database)
    assert await ledger.pool.fetchval("SELECT count(*) FROM hazard_tally_change") == 0
    await tallies_are_right(ledger)


@pytest.mark.feature("SY25")
async def test_what_moves_no_tally_is_not_written_and_what_was_added_up_is_swept(ledger: InProcess) -> None:
    hazard = await ledger.registered(place="原处")
    await add_up_tallies(ledger.database)
    await ledger.take(report(hazard["reference"], place="更正之处"))
    assert await ledger.pool.fetchval("SELECT place FROM hazard WHERE number = $1", hazard["number"]) == "更正之处"
    assert await ledger.pool.fetchval("SELECT count(*) FROM hazard_tally_change") == 0
    await ledger.confirm(hazard)
    assert await ledger.pool.fetchval("SELECT count(*) FROM hazard_tally_change") == 2
    before = await ledger.pool.fetchval(SWEPT)

    async def swept() -> None:
        # Again where autovacuum was at it.
        await add_up_tallies(ledger.database)
        assert await ledger.pool.fetchval(SWEPT) > before

    await eventually(swept)


async def tallies_are_right(ledger: InProcess) -> None:
    for group in TALLIED:
        rows = await ledger.pool.fetch(
            f"SELECT {group} AS value, count(*) FROM hazard WHERE state <> 'duplicate' GROUP BY 1 ORDER BY 1"  # noqa: S608
        )
        counted = (await ledger.get("/v1/hazards/count", group_by=group)).json()
        assert [(each["value"], each["count"]) for each in counted["groups"]] == [tuple(row) for row in rows]
    everything = await ledger.pool.fetchval("SELECT count(*) FROM hazard WHERE state <> 'duplicate'")
    for name in ("listed", "first_confirmed", "overdue"):
        halves = [(await ledger.get("/v1/hazards/count", **{name: said})).json()["total"] for said in ("true", "false")]
        assert sum(halves) == everything
