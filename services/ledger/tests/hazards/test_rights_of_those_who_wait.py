"""Whoever waited is looked at anew: an answer goes to nobody who may no longer have it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import pytest
from fastapi import Request, Response
from starlette.types import Message

from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Scope
from services.chassis.process.clock import SystemClock
from services.chassis.storage.rounds import Rounds
from services.chassis.web.conditional import parse_if_none_match
from services.chassis.web.problems import Problem
from services.chassis.web.waiters import Waiters
from services.chassis.web.waiting import Wish
from services.ledger.hazards.handlers.watching import Watch
from services.ledger.hazards.http.awaited import Admit, Asking, one_hazard, one_reference
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables.hazard_rows import HazardRow
from services.ledger.tests.people import CITY, PEOPLE
from services.ledger.tests.telling import confirmed

pytestmark = [pytest.mark.pure, pytest.mark.feature("SY65")]


async def _still_there() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def _nothing_new(keys: Collection[Any]) -> Mapping[Any, Any]:
    del keys
    return {}


def caller(who: str) -> Caller:
    return Caller(PEOPLE[who], Scope.of(PEOPLE[who], CITY), "ledger.hazards.read")


def watch_over(*hazards: Hazard) -> Watch:
    """A watch over a ledger that holds these and nothing else."""

    async def look_up(asked: Sequence[Any]) -> Sequence[Sequence[Hazard]]:
        return [[each for each in hazards if key == HazardKey(hazard_id=each.hazard_id)] for _, key in asked]

    async def note_missed(key: HazardKey, by: Caller) -> None:
        del key, by

    clock = SystemClock()
    return Watch(Rounds(look_up), Waiters(_nothing_new, clock=clock), Waiters(_nothing_new, clock=clock), note_missed)


def asking(known: str | None, admit: Admit) -> Asking:
    wish = Wish(20, Request({"type": "http"}, _still_there))
    return Asking(caller=caller("county"), admit=admit, wish=wish, known=parse_if_none_match(known))


async def answered(answer: asyncio.Task[Response], watch: Watch, news: Hazard) -> Response:
    """Commit `news` once somebody waits; return the answer."""
    for _ in range(20):
        await asyncio.sleep(0)
    assert watch.by_id.waiting + watch.by_reference.waiting == 1
    watch.tell([HazardRow(news, b"")])
    return await answer


async def as_before(request: Request) -> Caller:
    del request
    return caller("county")


async def revoked(request: Request) -> Caller:
    del request
    raise Problem("unauthenticated")


async def moved_away(request: Request) -> Caller:
    del request
    return caller("foreign")


BEFORE = confirmed()
AFTER = msgspec.structs.replace(BEFORE, version=BEFORE.version + 1, place="二号井口")


async def of_one(admit: Admit) -> Response:
    watch = watch_over(BEFORE)
    asked = asking(f'"{BEFORE.version}"', admit)
    answer = asyncio.create_task(one_hazard(watch, HazardKey(hazard_id=BEFORE.hazard_id), asked))
    return await answered(answer, watch, AFTER)


async def of_reference(admit: Admit) -> Response:
    watch = watch_over()
    answer = asyncio.create_task(one_reference(watch, (BEFORE.county, BEFORE.reference), asking(None, admit), 50, None))
    return await answered(answer, watch, AFTER)


@pytest.mark.parametrize("wait", [of_one, of_reference])
async def test_whoever_waited_is_told_what_was_committed_without_another_look(wait: Any) -> None:
    response = await wait(as_before)
    assert response.status_code == 200
    assert "二号井口" in bytes(response.body).decode()


@pytest.mark.parametrize("wait", [of_one, of_reference])
async def test_whoevers_key_was_revoked_meanwhile_is_told_that_and_nothing_else(wait: Any) -> None:
    with pytest.raises(Problem) as problem:
        await wait(revoked)
    assert problem.value.refusal.code == "unauthenticated"


async def test_whoever_may_no_longer_see_it_is_told_that_there_is_none() -> None:
    with pytest.raises(Problem) as problem:
        await of_one(moved_away)
    assert problem.value.refusal.code == "hazard-not-found"


async def test_what_is_committed_outside_of_ones_sight_is_waited_past() -> None:
    watch = watch_over()
    answer = asyncio.create_task(
        one_reference(watch, (BEFORE.county, BEFORE.reference), asking(None, moved_away), 50, None)
    )
    waiting = asyncio.create_task(answered(answer, watch, AFTER))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not answer.done()
    watch.by_reference.close()
    assert bytes((await waiting).body) == b'{"items":[],"next":null}'
