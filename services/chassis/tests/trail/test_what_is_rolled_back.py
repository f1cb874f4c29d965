"""What a transaction did that was rolled back stands in no row of the trail, and what came before it still does (SY66)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import pytest
from fastapi import Response

from services.chassis.storage.rounds import Rounds
from services.chassis.telemetry import acts
from services.chassis.tests.trail.world import World
from services.chassis.web.idempotency import Attempt, keep_all
from services.chassis.web.problems import Problem

pytestmark = [pytest.mark.feature("SY66")]


async def test_what_was_rolled_back_is_not_among_what_a_command_changed(world: World) -> None:
    act = acts.Act({"method": "POST", "client": ("10.1.2.3", 1), "path_params": {}}, None)
    act.action, act.account = "example.boxes.open", "regulator-1"
    with acts.doing((act,)):
        for event in ("first", "second"):
            with contextlib.suppress(Problem):
                async with world.database.transaction() as connection:
                    await connection.execute("UPDATE box SET opened = opened + 1")
                    act.caused("b1", event)
                    if event == "first":
                        raise Problem("not-found")
        async with world.database.transaction() as connection:
            await connection.execute("UPDATE box SET opened = opened + 1")
            act.caused("b2", "third")
    # A row for each transaction, each with what it added.
    assert [row["events"] for row in await world.rows()] == [["second"], ["third"]]


def somebody() -> acts.Act:
    """Return the act of a command that keeps an answer."""
    act = acts.Act({"method": "POST", "client": ("10.1.2.3", 1), "path_params": {}}, None)
    act.action, act.account, act.is_kept_by_answer = "example.boxes.open", "regulator-1", True
    return act


async def test_what_a_rolled_back_transaction_touched_and_answered_is_forgotten_and_nothing_else(world: World) -> None:
    act = somebody()
    with acts.doing((act,)):
        act.sent(["before"])
        for name in ("taken-back", "b1", "taken-back-too"):
            with contextlib.suppress(Problem):
                async with world.database.transaction() as connection:
                    await connection.execute("UPDATE box SET opened = opened + 1")
                    act.caused(name, f"event of {name}")
                    if name != "b1":
                        act.status = 200
                        raise Problem("not-found")
    (row,) = await world.rows()
    assert (row["events"], row["objects"], row["status"]) == (["before", "event of b1"], ["b1"], None)
    assert (act.events, act.named, act.status) == (["before", "event of b1"], ["b1"], None)


async def test_who_is_refused_when_a_round_is_carried_out_again_has_done_nothing(world: World) -> None:
    taken = list[int]()

    async def take(asked: Sequence[Attempt]) -> Sequence[Response | Problem]:
        taken.append(len(asked))
        async with world.database.transaction() as connection:
            await connection.execute("SELECT pg_current_xact_id()")  # as by whoever locks a row
            if len(asked) == 1:
                return [Problem("not-found")]
            await keep_all(connection, [(once, Response()) for once in asked])
            raise LookupError

    rounds = Rounds[Attempt, Response](take)

    async def ask() -> None:
        with acts.doing((somebody(),)), pytest.raises(Problem):
            await rounds.ask(Attempt())

    await asyncio.gather(ask(), ask())
    assert taken == [2, 1, 1]
    assert await world.rows() == []
