"""Commands in rounds: each hears what it would have heard alone, and its events say whose they are."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

import msgspec
import pytest
from fastapi import Response

from duban_contracts.codec import decode
from duban_contracts.events.hazards import HazardConfirmed
from duban_contracts.topics import TopicFamily
from services.chassis.access.refusals import Caller
from services.chassis.storage.database import connect
from services.chassis.web.idempotency import Attempt
from services.chassis.web.preconditions import Precondition
from services.chassis.web.problems import Problem
from services.ledger.hazards.handlers.commands import Order
from services.ledger.hazards.http.commands import Asked, Deps, carry_out_round, rounds_of
from services.ledger.hazards.model import HazardKey
from services.ledger.hazards.moves import MarkFalse, Plan
from services.ledger.tests.hazards.taken import STOP
from services.ledger.tests.in_process import EVERYWHERE, InProcess
from services.ledger.tests.people import PEOPLE
from services.ledger.tests.telling import CONFIRM, DUE, SUBMIT

PLANS: Final = """
SELECT sum(custom_plans) AS custom, sum(generic_plans) FILTER (WHERE statement LIKE 'UPDATE hazard %') AS updates
  FROM pg_prepared_statements WHERE NOT statement LIKE '%pg_prepared_statements%'"""


class Broken(msgspec.Struct):
    """A command that nobody can decide."""


def _asked(number: str, command: msgspec.Struct, who: str = "city", version: int | None = None) -> Asked:
    caller = Caller(PEOPLE[who], EVERYWHERE, "test")
    return Asked(Order(HazardKey.parse(number), command, caller, Precondition(version)), Attempt())


async def test_commands_that_arrive_together_share_transactions_and_keep_their_own_traces(ledger: InProcess) -> None:
    hazards = [(await ledger.registered())["hazard_id"] for _ in range(12)]
    body = {"grade": "general", "responsible_unit": "fire_rescue", "deadline_on": ledger.in_days(9)}

    async def confirm(place: int, hazard: str) -> None:
        trace = f"00-{place + 1:032x}-00000000000000aa-01"
        answer = await ledger.post(hazard, "confirm", body, traceparent=trace)
        assert answer.status_code == 200, answer.text

    await asyncio.gather(*(confirm(place, hazard) for place, hazard in enumerate(hazards)))
    said = [event for event in await ledger.said(TopicFamily.HAZARD) if isinstance(decode(event), HazardConfirmed)]
    traces = {event.subject: (event.traceparent or "")[3:35] for event in said if event.subject in hazards}
    assert traces == {hazard: f"{place + 1:032x}" for place, hazard in enumerate(hazards)}
    transactions = await ledger.pool.fetchval(
        "SELECT count(DISTINCT xmin::text) FROM hazard WHERE hazard_id = ANY($1::uuid[])", hazards
    )
    assert transactions < len(hazards)


async def test_a_command_that_breaks_its_round_takes_no_neighbour_with_it(ledger: InProcess) -> None:
    first, second = [(await ledger.registered())["number"] for _ in range(2)]
    rounds = rounds_of(Deps(ledger.database, ledger.ledger))
    asked = [_asked(first, CONFIRM), _asked(first, Broken()), _asked(second, CONFIRM)]
    said: list[Any] = await asyncio.gather(*map(rounds.ask, asked), return_exceptions=True)
    assert [said[0].status_code, said[2].status_code] == [200, 200]
    assert isinstance(said[1], Exception)
    assert not isinstance(said[1], Problem)
    assert [(await ledger.get(f"/v1/hazards/{number}")).json()["version"] for number in (first, second)] == [2, 2]


async def test_nobody_is_answered_with_what_another_did_afterwards(ledger: InProcess) -> None:
    number = (await ledger.registered())["number"]
    together = [_asked(number, CONFIRM), _asked(number, Plan(measures="更换", responsible_post="安全总监"))]
    said = await carry_out_round(Deps(ledger.database, ledger.ledger), together)
    assert [one.headers["etag"] for one in said if isinstance(one, Response)] == ['"2"', '"3"']


@pytest.mark.promise("P2")
@pytest.mark.feature("SY38")
async def test_what_follows_from_a_command_undoes_no_other_that_named_the_same_hazard_in_its_round(
    ledger: InProcess,
) -> None:
    hazard = await ledger.confirmed()
    await ledger.submit(hazard, "county")
    assert (await ledger.post(hazard["number"], "close", {"review": "合格"}, "county-2")).status_code == 200
    # By its number and by its id: nobody tells beforehand that they are one.
    together = [
        _asked(hazard["number"], MarkFalse(reason="并未整改", deadline_on=DUE)),
        _asked(hazard["hazard_id"], STOP, "county"),
        _asked(hazard["hazard_id"], SUBMIT, "county"),
    ]
    said = await carry_out_round(Deps(ledger.database, ledger.ledger), together)
    assert [one.status_code for one in said if isinstance(one, Response)] == [200, 200, 200]
    found = (await ledger.get(f"/v1/hazards/{hazard['number']}")).json()
    assert (found["state"], found["stopped"]["document"]) == ("in_review", STOP.document)
    history = (await ledger.get(f"/v1/hazards/{hazard['number']}/history")).json()["items"]
    assert [item["type"].split(".")[2] for item in history][-4:] == [
        "reopened",
        "stopped",
        "submitted",
        "accountability_opened",
    ]


async def test_a_key_that_comes_twice_in_one_round_is_carried_out_once(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    body = {"grade": "general", "responsible_unit": "fire_rescue", "deadline_on": ledger.in_days(9)}
    send = partial(ledger.post, hazard["hazard_id"], "confirm", body, **{"Idempotency-Key": "k-1"})
    statuses = sorted(answer.status_code for answer in await asyncio.gather(send(), send(), send()))
    # 200 for the repetitions that came after the first one's end, 409 for those that met it.
    assert statuses[0] == 200
    assert set(statuses) <= {200, 409}
    assert (await ledger.get(f"/v1/hazards/{hazard['hazard_id']}")).json()["version"] == 2
    again = await send()
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")


async def test_a_round_plans_no_statement_anew(ledger: InProcess) -> None:
    hazards = [(await ledger.registered())["hazard_id"] for _ in range(3)]
    database = await connect(ledger.platform.settings.postgres_dsn, application_name="rounds", max_size=1)
    try:
        for some in (hazards[:1], hazards[1:]):
            await carry_out_round(Deps(database, ledger.ledger), [_asked(hazard, CONFIRM) for hazard in some])
        async with database.acquire() as connection:
            plans = await connection.fetchrow(PLANS)
    finally:
        await database.close()
    assert plans is not None
    # A session forgets a statement after a minute, so it may have met but one of the rounds'.
    assert (plans["custom"], plans["updates"] > 0) == (0, True)
