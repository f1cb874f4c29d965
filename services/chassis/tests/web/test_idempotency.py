"""Idempotency-Key: a command whose answer was lost is done once and answered again, whatever happens in between."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import structlog

from services.chassis.storage.database import Connection, Database
from services.chassis.web import idempotency
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import (
    LONGEST_KEY,
    AnsweredBefore,
    Attempt,
    begin_all,
    forget_old,
    keep_all,
)
from services.chassis.web.problems import Problem

KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


async def note(client: httpx.AsyncClient, text: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return await client.post("/v1/notes", json={"text": text}, headers=headers if headers is not None else KEY)


async def notes(database: Database) -> list[str]:
    async with database.acquire() as connection:
        return [row["text"] for row in await connection.fetch("SELECT text FROM note ORDER BY id")]


async def test_a_repetition_gets_the_first_answer_and_changes_nothing(
    stored: httpx.AsyncClient, opened: Database
) -> None:
    first = await note(stored, "a")
    await note(stored, "b", {})
    again = await note(stored, "a")
    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, first.headers["etag"])
    assert (first.json(), first.headers["etag"]) == ({"text": "a 1"}, '"1"')
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await notes(opened) == ["a", "b"]


async def test_without_a_key_each_request_counts(stored: httpx.AsyncClient, opened: Database) -> None:
    for _ in range(2):
        assert (await note(stored, "a", {})).status_code == 201
    assert await notes(opened) == ["a", "a"]


async def test_layout_and_order_do_not_make_another_request(stored: httpx.AsyncClient, opened: Database) -> None:
    await note(stored, "a")
    spaced = await stored.post(
        "/v1/notes", content=b'{ "text":\n"a" }', headers={**KEY, "content-type": "application/json"}
    )
    bare = await note(stored, "a", {"Idempotency-Key": KEY["Idempotency-Key"].strip('"')})
    assert [response.status_code for response in (spaced, bare)] == [201, 201]
    assert await notes(opened) == ["a"]


async def test_a_key_stands_for_one_request(stored: httpx.AsyncClient, opened: Database) -> None:
    await note(stored, "a")
    for other in (
        await note(stored, "b"),
        await stored.post("/v1/forgetful", json={"text": "a"}, headers=KEY),
    ):
        problem = other.json()
        assert (other.status_code, problem["code"]) == (422, "idempotency-key-reused")
        assert problem["field"] == "Idempotency-Key"
    assert await notes(opened) == ["a"]


async def test_a_refusal_is_not_kept_so_that_the_command_can_be_tried_again(
    stored: httpx.AsyncClient, opened: Database
) -> None:
    for _ in range(2):
        assert (await note(stored, "refused")).status_code == 409
    assert (await note(stored, "a")).status_code == 201
    assert await notes(opened) == ["a"]


async def test_a_wrong_key_is_refused_before_anything_happens(stored: httpx.AsyncClient, opened: Database) -> None:
    for header in ("", '""', "a b", "x" * (LONGEST_KEY + 1), '"open', "é"):
        response = await note(stored, "a", {"Idempotency-Key": header.encode()})  # type: ignore[dict-item]
        assert (response.status_code, response.json()["code"]) == (400, "invalid-idempotency-key"), header
    assert await notes(opened) == []


async def test_a_route_that_begins_and_keeps_no_answer_is_found(stored: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        assert (await stored.post("/v1/forgetful", json={"text": "a"}, headers=KEY)).status_code == 500
    assert "kept no answer" in str(next(line["exc_info"] for line in lines if line["event"] == "request failed"))
    assert (await stored.post("/v1/forgetful", json={"text": "a"})).status_code == 200


async def test_of_many_at_once_one_is_done_and_the_others_get_its_answer_or_are_told_to_wait(
    stored: httpx.AsyncClient, opened: Database
) -> None:
    answers = await asyncio.gather(*(note(stored, "a") for _ in range(16)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    done = [answer for answer in answers if answer.status_code == 201]
    assert done
    assert {answer.content for answer in done} == {done[0].content}
    for waiting in answers:
        if waiting.status_code == 409:
            assert waiting.json()["code"] == "idempotency-in-progress"
            assert waiting.headers["retry-after"]
    assert await notes(opened) == ["a"]
    assert (await note(stored, "a")).content == done[0].content


async def test_while_one_is_in_flight_its_repetition_is_told_so_and_another_key_goes_on(opened: Database) -> None:
    async with opened.transaction() as first, opened.transaction() as second:
        await Attempt("k", b"1").begin(first, "a")
        with pytest.raises(Problem) as caught:
            await Attempt("k", b"1").begin(second, "a")
        assert caught.value.refusal.code == "idempotency-in-progress"
        await Attempt("k", b"1").begin(second, "another account")
        await Attempt("k2", b"1").begin(second, "a")


async def test_whoever_comes_as_the_first_commits_sees_its_answer(opened: Database) -> None:
    """The lock is free as soon as the commit is visible, never before."""

    async def one(number: int) -> str:
        try:
            async with opened.transaction() as connection:
                attempt = Attempt("k", b"1")
                await attempt.begin(connection, "a")
                await connection.execute("INSERT INTO note (text) VALUES ($1)", str(number))
                await attempt.keep(connection, answer({"number": number}))
        except AnsweredBefore as before:
            return bytes(before.response.body).decode()
        except Problem:
            return "later"
        return f'{{"number":{number}}}'

    said: list[str] = []
    for round_ in range(10):
        said += await asyncio.gather(*(one(round_ * 10 + number) for number in range(10)))
    assert len(set(said) - {"later"}) == 1
    assert len(await notes(opened)) == 1


async def test_a_session_that_dies_before_its_commit_leaves_nothing_behind(opened: Database) -> None:
    async def die(killer: Connection) -> None:
        async with opened.transaction() as connection:
            attempt = Attempt("k", b"1")
            await attempt.begin(connection, "a")
            await connection.execute("INSERT INTO note (text) VALUES ('half')")
            await attempt.keep(connection, answer({}))
            await killer.execute("SELECT pg_terminate_backend($1, 10000)", connection.get_server_pid())

    async with opened.acquire() as killer:
        with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError)):
            await die(killer)
    async with opened.transaction() as connection:
        attempt = Attempt("k", b"1")
        await attempt.begin(connection, "a")
        assert attempt.is_open
    assert await notes(opened) == []


async def test_many_commands_of_one_transaction_are_told_apart(opened: Database) -> None:
    async with opened.transaction() as connection:
        attempts = [Attempt("old", b"1"), Attempt("failed", b"1")]
        await begin_all(connection, [(attempt, "a") for attempt in attempts])
        refused = Problem("not-found")
        await keep_all(
            connection, [(attempts[0], answer({"n": 1}, version=4)), (attempts[1], answer(refused.body, status=404))]
        )
    async with opened.transaction() as elsewhere, opened.transaction() as connection:
        await Attempt("flying", b"1").begin(elsewhere, "a")
        asked = [
            Attempt("old", b"1"),
            Attempt("old", b"2"),
            Attempt("old", b"1"),
            Attempt("flying", b"1"),
            Attempt("new", b"1"),
            Attempt("new", b"1"),
            Attempt(),
            Attempt("failed", b"1"),
        ]
        outcomes = await begin_all(connection, [(attempt, "a") for attempt in asked])
        said = [code_of(outcome) for outcome in outcomes]
        assert said == [
            '200 {"n":1} "4"',
            "idempotency-key-reused",
            '200 {"n":1} "4"',
            "idempotency-in-progress",
            None,
            "idempotency-in-progress",
            None,
            None,
        ]
        await keep_all(connection, [(attempt, answer({})) for attempt in asked])
    async with opened.acquire() as connection:
        keys = await connection.fetch("SELECT key FROM idempotent_answer ORDER BY key")
    assert [row["key"] for row in keys] == ["failed", "new", "old"]


def code_of(outcome: Any) -> str | None:
    if outcome is None:
        return None
    if isinstance(outcome, Problem):
        return outcome.refusal.code
    return f"{outcome.status_code} {bytes(outcome.body).decode()} {outcome.headers['etag']}"


async def test_answers_are_forgotten_when_the_installation_says(
    stored: httpx.AsyncClient, opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_FORGOTTEN_AT_ONCE", 2)
    for number in range(5):
        await note(stored, "a", {"Idempotency-Key": f"old-{number}"})
    async with opened.transaction() as connection:
        await connection.execute("UPDATE idempotent_answer SET answered_at = now() - $1::interval", timedelta(hours=73))
    await note(stored, "a", {"Idempotency-Key": "young"})
    assert await forget_old(opened, keep=timedelta(hours=74)) == 0
    assert await forget_old(opened, keep=timedelta(hours=72)) == 5
    assert await forget_old(opened, keep=timedelta(hours=72)) == 0
    assert (await note(stored, "a", {"Idempotency-Key": "young"})).headers["idempotency-replayed"] == "true"
    assert len(await notes(opened)) == 6
