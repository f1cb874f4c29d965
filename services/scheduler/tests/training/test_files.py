"""Trainings over HTTP: entered once, read in three files; corrected with the reason; by rights, and nowhere else."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from prometheus_client import REGISTRY, generate_latest

from duban_contracts.testing.calendar import local
from services.scheduler.tests.bench import PatientClock
from services.scheduler.tests.tasks.stage import county, report, stage_on
from services.scheduler.tests.training.stage import ANOTHER, ENTERPRISE, LI, ZHANG, Books, attendee, session

BOOK = f"/v1/training-books/{ENTERPRISE}"


@pytest.mark.feature("SY12")
async def test_a_session_entered_once_is_read_in_the_book_the_sessions_file_and_each_persons_file(books: Books) -> None:
    session_id = await books.enter()
    book = await books.ask(BOOK)
    assert [each["session_id"] for each in book["sessions"]] == [session_id]
    people = {each["name"]: each for each in book["people"]}
    assert {name: (each["hours"], each["passed"]) for name, each in people.items()} == {ZHANG: (8, 1), LI: (6.5, 0)}
    of_session = await books.ask(f"/v1/trainings/{session_id}")
    assert [(each["name"], each["hours"], each["result"]) for each in of_session["attendees"]] == [
        (ZHANG, 8, "passed"),
        (LI, 6.5, "failed"),
    ]
    for name, hours, result in ((ZHANG, 8, "passed"), (LI, 6.5, "failed")):
        own = await books.ask(f"/v1/trainees/{people[name]['trainee_id']}")
        assert (own["name"], own["hours"]) == (name, hours)
        assert [(each["session_id"], each["hours"], each["result"]) for each in own["sessions"]] == [
            (session_id, hours, result)
        ]


async def test_a_person_keeps_one_file_over_sessions_and_a_new_name(books: Books) -> None:
    await books.enter()
    await books.enter(held_on="2024-05-12", attendees=[attendee("G-001", "张新名", hours=2.5)])
    await books.enter(held_on="2023-03-01", attendees=[attendee("G-001", "张旧名")])
    book = await books.ask(BOOK)
    first = book["people"][0]
    assert (first["name"], first["sessions"], first["hours"]) == ("张新名", 2, 10.5), "of the year 2024"
    own = await books.ask(f"/v1/trainees/{first['trainee_id']}")
    assert ([each["held_on"] for each in own["sessions"]], own["hours"]) == (
        ["2023-03-01", "2024-05-10", "2024-05-12"],
        18.5,
    )
    assert [each["name"] for each in (await books.ask(BOOK, year=2023))["people"]] == ["张旧名"]


async def test_a_correction_has_its_reason_and_both_versions_stay_readable(books: Books) -> None:
    session_id = await books.enter()
    book = await books.ask(BOOK)
    right = {name: value for name, value in session().items() if name not in {"enterprise", "county"}}
    right["attendees"] = [attendee("G-001", ZHANG, hours=4)]
    path = f"/v1/trainings/{session_id}/correct"
    refused = await books.tell(path, right, status=422)
    assert refused["field"] == "reason"
    await books.tell(path, {**right, "reason": "补录错误"}, status=412, If_Match='"2"')
    corrected = await books.tell(path, {**right, "reason": "补录错误"}, If_Match='"1"')
    assert (corrected["version"], corrected["attended"]) == (2, 1)
    kept = (await books.ask(f"/v1/trainings/{session_id}/versions"))["items"]
    assert [(each["session"]["version"], each["reason"]) for each in kept] == [(1, None), (2, "补录错误")]
    assert [len(each["attendees"]) for each in kept] == [2, 1]
    files = {each["name"]: each["trainee_id"] for each in book["people"]}
    assert (await books.ask(f"/v1/trainees/{files[ZHANG]}"))["hours"] == 4
    await books.ask(f"/v1/trainees/{files[LI]}", status=404)


@pytest.mark.feature("SY12")
async def test_only_the_enterprise_itself_and_its_offices_see_persons(books: Books) -> None:
    session_id = await books.enter()
    trainee = (await books.ask(BOOK))["people"][0]["trainee_id"]
    for path in (
        BOOK,
        f"/v1/trainings/{session_id}",
        f"/v1/trainings/{session_id}/versions",
        f"/v1/trainees/{trainee}",
    ):
        for who, status in (("enterprise", 200), ("county", 200), ("city", 200), ("neighbour", 404), ("foreign", 404)):
            await books.ask(path, who=who, status=status)
        refused = await books.ask(path, who="regulator", status=403)
        assert refused["code"] == "role-not-allowed"
    seen = {who: len((await books.ask("/v1/trainings", who=who))["items"]) for who in ("enterprise", "neighbour")}
    assert seen == {"enterprise": 1, "neighbour": 0}
    await books.tell("/v1/trainings", session(), who="neighbour", status=404)


@pytest.mark.feature("SY12", "SY65")
async def test_a_persons_name_stands_in_no_event_no_log_line_no_metric_and_no_kept_answer(
    books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logged:
        key = {"Idempotency_Key": "entering-1"}
        first = await books.tell("/v1/trainings", session(), status=201, **key)
        again = await books.tell("/v1/trainings", session(), status=201, **key)
        assert first == again, "a repetition gets the first answer"
        await books.ask(BOOK)
        await books.tell("/v1/trainings", session(attendees=[attendee("G-001", ZHANG * 60)]), status=422)
        wrong = attendee("G-001", ZHANG, result=ZHANG)
        await books.tell("/v1/trainings", session(attendees=[wrong]), status=422)
        await books.tell("/v1/trainings", session(), who="neighbour", status=404)
    outside = [json.dumps(logged, default=str, ensure_ascii=False), caplog.text, generate_latest(REGISTRY).decode()]
    async with books.database.acquire() as connection:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        holding = {
            table
            for (table,) in tables
            for row in await connection.fetch(f'SELECT t::text AS row FROM "{table}" AS t')  # noqa: S608 - its own tables
            if ZHANG in row["row"] or ZHANG.encode().hex() in row["row"]
        }
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
    assert holding == {"training_session", "training_session_version"}
    assert logged, "the requests were logged"
    assert not [text for text in outside if ZHANG in text or "G-001" in text or "\\u5f20" in text]


async def test_a_session_serves_a_task_of_its_county(books: Books) -> None:
    task = report(roster="counties", member=county())
    foreign = report(county="140521", member=county("140521"))
    await stage_on(books.database, PatientClock(local(1))).plan(task, foreign)
    session_id = await books.enter(task=task.task_id)
    served = (await books.ask("/v1/trainings", task=task.task_id))["items"]
    assert [(each["session_id"], each["attended"], each["passed"]) for each in served] == [(session_id, 2, 1)]
    refused = await books.tell("/v1/trainings", session(task=foreign.task_id), status=404)
    assert refused["code"] == "task-not-found"


async def test_what_cannot_be_is_refused_by_field(books: Books) -> None:
    twice = [attendee("G-001", ZHANG), attendee("G-001", LI)]
    for changed, code in (
        ({"held_on": "2024-05-16"}, "training-held-ahead"),
        ({"held_on": "1999-05-16"}, "date-too-early"),
        ({"attendees": twice}, "trainee-twice"),
        ({"attendees": [attendee("G-001", ZHANG, hours=8.5)]}, "training-hours-beyond"),
        ({"attendees": [attendee("140502199001011234", ZHANG)]}, "invalid-field"),
        ({"attendees": []}, "invalid-field"),
    ):
        refused = await books.tell("/v1/trainings", session(**changed), status=422)
        assert refused["code"] == code, changed
    refused = await books.tell("/v1/trainings", session(county="999999"), who="city", status=422)
    assert refused["code"] == "unknown-value"
    await books.ask(f"/v1/training-books/{ANOTHER}", status=404)


async def test_sessions_are_listed_page_by_page(books: Books) -> None:
    for day in (1, 2, 3):
        await books.enter(held_on=f"2024-05-0{day}")
    first = await books.ask("/v1/trainings", limit=2)
    rest = await books.ask("/v1/trainings", limit=2, after=first["next"])
    assert [each["held_on"] for each in first["items"] + rest["items"]] == ["2024-05-01", "2024-05-02", "2024-05-03"]
    assert rest["next"] is None
    some = await books.ask("/v1/trainings", enterprise=ENTERPRISE, since="2024-05-02", until="2024-05-02")
    assert len(some["items"]) == 1


async def test_a_version_that_was_kept_cannot_be_rewritten(books: Books) -> None:
    await books.enter()
    async with books.database.acquire() as connection:
        with pytest.raises(Exception, match="keeps every version"):
            await connection.execute("UPDATE training_session_version SET reason = 'x'")
