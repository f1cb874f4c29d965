"""Rows about persons are erased when the time for which the city keeps them is over; what is left names nobody."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import asyncpg
import msgspec
import pytest

from duban_contracts.profile import ProfileError
from services.chassis.testing.kafka import eventually
from services.chassis.testing.plans import plan_of
from services.scheduler.experts import tables as experts
from services.scheduler.retention.handlers import BATCH, Deps, erase_old, load_retention
from services.scheduler.retention.model import PersonalRecord, Retention
from services.scheduler.tests.bench import somebody_waits
from services.scheduler.tests.experts.builders import MINE, expert, inspection
from services.scheduler.tests.office import Office
from services.scheduler.tests.tasks.stage import stage_on
from services.scheduler.tests.training.stage import COUNTY, ENTERPRISE, LI, ZHANG, Books, attendee, store_keys
from services.scheduler.training import tables as training
from services.scheduler.training.model import Entered, Placed

KEPT_SESSIONS = """
INSERT INTO training_session (version, enterprise, county, held_on, content, recorded_at, recorded_by)
SELECT 1, '91140502XXXX' || lpad((n % 1000)::text, 6, '0'), '140502', date '2005-01-01' + n % 5000, '{"attendees": []}', now(), 'a'
  FROM generate_series(1, 20000) AS n
"""
FIVE_YEARS = Retention(training=5, expert=5)


def deps(office: Office, retention: Retention = FIVE_YEARS) -> Deps:
    return Deps(office.database, office.clock, office.planner.zone, retention)


async def everything(office: Office) -> str:
    """Return all rows of all tables of the service as one text."""
    async with office.database.acquire() as connection:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = [await connection.fetch(f"SELECT t::text AS row FROM {each['tablename']} t") for each in tables]  # noqa: S608
    return "\n".join(row["row"] for found in rows for row in found)


@pytest.fixture
async def books(office: Office) -> Books:
    await store_keys(office.database)
    return Books(office.client, office.database)


@pytest.mark.parametrize(
    ("today", "years", "before"),
    [
        (date(2024, 5, 15), 5, date(2019, 5, 15)),
        (date(2024, 2, 29), 1, date(2023, 2, 28)),
        (date(2028, 2, 29), 4, date(2024, 2, 29)),
    ],
)
def test_whole_years_are_kept_counted_from_the_last_day(today: date, years: int, before: date) -> None:
    assert Retention(training=years).over_before(PersonalRecord.TRAINING, today) == before


def test_what_a_city_does_not_name_is_kept_for_good(tmp_path: Path) -> None:
    assert load_retention(tmp_path) == Retention()
    assert Retention(training=5).over_before(PersonalRecord.EXPERT, date(2024, 5, 15)) is None


@pytest.mark.parametrize("text", ['{"training": 0}', '{"trainings": 5}', '{"expert": "5"}'])
def test_a_wrong_file_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "retention.json").write_text(text)
    with pytest.raises(ProfileError):
        load_retention(tmp_path)


@pytest.mark.feature("SY12")
async def test_an_old_training_goes_with_its_persons_and_leaves_when_why_and_how_many(
    office: Office, books: Books
) -> None:
    old = await books.enter(held_on="2019-05-14")
    await books.tell(
        f"/v1/trainings/{old}/correct",
        {"title": "补录", "held_on": "2019-05-14", "hours": 8, "attendees": [attendee("G-001", ZHANG)], "reason": "补"},
        If_Match='"1"',
    )
    kept = await books.enter(held_on="2019-05-15", attendees=[attendee("G-002", LI)])
    assert await erase_old(PersonalRecord.TRAINING, training.erase, deps=deps(office)) == 1
    left = await everything(office)
    assert ZHANG not in left
    assert "G-001" not in left
    assert LI in left
    [stone] = (await office.ask("/v1/erasures"))["items"]
    assert stone == {
        "kind": "training",
        "kind_zh": "安全培训档案",
        "subject_id": old,
        "persons": 1,
        "ended_on": "2019-05-14",
        "erased_at": "2024-05-15T01:00:00Z",
        "erased_by": "scheduler",
        "reason": "安全培训档案保存5年，期限已满",
    }
    await books.ask(f"/v1/trainings/{old}", status=404)
    book = await books.ask(f"/v1/training-books/{ENTERPRISE}", year=2019)
    assert [each["session_id"] for each in book["sessions"]] == [kept]
    assert [each["number"] for each in book["people"]] == ["G-002"]
    assert await erase_old(PersonalRecord.TRAINING, training.erase, deps=deps(office)) == 0


async def test_somebody_whom_a_session_has_just_found_stays(office: Office, books: Books) -> None:
    await books.enter(held_on="2019-01-10", attendees=[attendee("G-001", ZHANG), attendee("G-002", LI)])
    entered = msgspec.convert(
        {"title": "复训", "held_on": "2024-05-14", "hours": 8, "attendees": [attendee("G-001", ZHANG)]}, Entered
    )
    async with office.database.transaction() as entering:
        of = Placed(enterprise=ENTERPRISE, county=COUNTY)
        await training.insert(entering, of, entered, task_id=None, at=office.clock.now(), by="enterprise-1")
        erasing = asyncio.create_task(erase_old(PersonalRecord.TRAINING, training.erase, deps=deps(office)))
        await eventually(partial(somebody_waits, office.database))
    assert await erasing == 1
    book = await books.ask(f"/v1/training-books/{ENTERPRISE}", year=2024)
    assert [each["number"] for each in book["people"]] == ["G-001"]
    assert LI not in await everything(office)


async def test_what_is_old_is_found_by_its_day_however_much_is_kept(office: Office) -> None:
    async with office.database.acquire() as connection:
        await connection.execute(KEPT_SESSIONS)
        await connection.execute("ANALYZE training_session")
    found = await plan_of(office.database, lambda connection: training.erase(connection, date(2005, 1, 9), BATCH))
    assert "training_session" not in {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}


async def test_a_person_who_is_in_a_younger_session_too_keeps_that_one(office: Office, books: Books) -> None:
    await books.enter(held_on="2019-01-10")
    await books.enter(held_on="2023-01-10")
    assert await erase_old(PersonalRecord.TRAINING, training.erase, deps=deps(office)) == 1
    [zhang] = [
        each
        for each in (await books.ask(f"/v1/training-books/{ENTERPRISE}", year=2023))["people"]
        if each["number"] == "G-001"
    ]
    assert [each["held_on"] for each in (await books.ask(f"/v1/trainees/{zhang['trainee_id']}"))["sessions"]] == [
        "2023-01-10"
    ]


@pytest.mark.feature("SY22")
async def test_an_expert_who_left_long_ago_goes_and_the_inspection_keeps_the_code(office: Office) -> None:
    await office.tell("/v1/experts", expert("E-1", valid_until="2024-12-31"), status=201)
    await office.tell("/v1/experts", expert("E-2"), status=201)
    planned = inspection(due_on=date(2024, 6, 30), window_start=date(2024, 5, 1))
    await stage_on(office.database, office.clock).plan(planned)
    path = f"/v1/tasks/{planned.task_id}/experts"
    await office.tell(path, {"expert_id": "E-1"}, status=201)
    office.clock.set(datetime(2029, 12, 31, 17, tzinfo=UTC))
    assert await erase_old(PersonalRecord.EXPERT, experts.erase, deps=deps(office)) == 1
    left = await everything(office)
    assert "某专家E-1" not in left
    assert "某专家E-2" in left
    async with office.database.acquire() as connection:
        assert [each.expert_id for each in await experts.assigned(connection, planned.task_id)] == ["E-1"]
    [stone] = (await office.ask("/v1/erasures"))["items"]
    assert (stone["subject_id"], stone["ended_on"], stone["persons"]) == ("E-1", "2024-12-31", 1)
    again = await office.tell("/v1/experts", expert("E-1", employer=MINE), status=409)
    assert again["code"] == "expert-exists", "the code stood for somebody else"


async def test_many_go_a_batch_at_a_time(office: Office) -> None:
    async with office.database.transaction() as connection:
        await connection.execute(
            """INSERT INTO expert (expert_id, name, sectors, valid_from, valid_until, recorded_at, recorded_by)
               SELECT 'E-' || n, '某', '["coal_mine"]', '2010-01-01', '2011-01-01', now(), 'office'
                 FROM generate_series(1, $1::int) AS n""",
            BATCH + 3,
        )
    assert await erase_old(PersonalRecord.EXPERT, experts.erase, deps=deps(office)) == BATCH + 3


async def test_without_a_period_nothing_is_erased_and_a_tombstone_stays(office: Office) -> None:
    await office.tell("/v1/experts", expert("E-1", valid_from="2010-01-01", valid_until="2011-01-01"), status=201)
    assert await erase_old(PersonalRecord.EXPERT, experts.erase, deps=replace(deps(office), retention=Retention())) == 0
    assert await erase_old(PersonalRecord.EXPERT, experts.erase, deps=deps(office)) == 1
    for wrong in ("UPDATE erasure SET persons = 0", "DELETE FROM erasure", "TRUNCATE erasure"):
        async with office.database.acquire() as connection:
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(wrong)


def test_a_tombstone_says_what_it_was_and_for_how_long_it_was_kept() -> None:
    assert Retention(training=5).reason(PersonalRecord.TRAINING) == "安全培训档案保存5年，期限已满"
    assert Retention(expert=3).reason(PersonalRecord.EXPERT) == "专家库条目保存3年，期限已满"
