"""Any commands, however they meet, do and say what the same commands do and say one after the other.

Through the rounds as the routes have them: named by id and by number, sent again under their keys, with neighbours that
break a round and rounds that meet a lock.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

import asyncpg
import msgspec
import pytest
from fastapi import Response
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from duban_contracts.testing.claims import report
from services.chassis.access.principal import Principal
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import Role
from services.chassis.storage.database import Connection, Database
from services.chassis.web.idempotency import Attempt
from services.chassis.web.preconditions import Precondition
from services.chassis.web.problems import Problem
from services.ledger.hazards.handlers import commands
from services.ledger.hazards.handlers.commands import Order
from services.ledger.hazards.handlers.journal import Journal
from services.ledger.hazards.http.commands import Asked, Deps, carry_out_round, rounds_of
from services.ledger.hazards.model import HazardKey
from services.ledger.hazards.moves import Door, move_of
from services.ledger.tests.hazards.taken import TAKEN
from services.ledger.tests.in_process import EVERYWHERE, InProcess

HAZARDS: Final = 2
NOBODY: Final = HAZARDS
"""The place of a hazard that does not exist."""


class Broken(msgspec.Struct):
    """A command that nobody can decide: it breaks the round that it is in."""


class Wanted(NamedTuple):
    """Somebody's command on one of the hazards; `again` is a request that is sent twice under one key."""

    on: int
    by_number: bool
    command: msgspec.Struct
    who: Principal
    version: int | None
    again: bool
    pause: int


@dataclass
class Failing:
    """A database in which transactions meet locks, as `locked` says of one after the other."""

    database: Database
    locked: list[bool]

    @asynccontextmanager
    async def transaction(self, **options: Any) -> AsyncIterator[Connection]:
        """Give a transaction; it fails at its end, when all was done."""
        async with self.database.transaction(**options) as connection:
            yield connection
            if self.locked and self.locked.pop():
                raise asyncpg.LockNotAvailableError("somebody holds it")


def _people() -> Iterable[tuple[msgspec.Struct, Principal]]:
    for _, command, actor in TAKEN:
        if Door.HTTP in move_of(command).doors:
            yield command, Principal(actor.account, Role(actor.role), "140500", unit=actor.unit)


MOVES: Final = list(_people())
# A hazard's plain life: with it half of what is asked is taken, and what comes after has something to change.
LIFE: Final = [
    (command, who) for command, who in MOVES if move_of(command).name in {"confirm", "plan", "submit", "close"}
]


@st.composite
def plays(draw: st.DrawFn) -> tuple[list[Wanted], list[bool]]:
    """Some requests in the order in which they come, and which transactions meet a lock."""
    names = draw(st.lists(st.booleans(), min_size=HAZARDS + 1, max_size=HAZARDS + 1))
    mixed = draw(st.booleans())

    def wanted() -> Wanted:
        on = draw(st.sampled_from([*range(HAZARDS)] * 3 + [NOBODY]))
        command, who = draw(st.sampled_from([*LIFE * 5, *MOVES, (Broken(), MOVES[0][1])]))
        return Wanted(
            on,
            draw(st.booleans()) if mixed else names[on],
            command,
            who,
            draw(st.sampled_from([None, None, None, 1, 2])),
            draw(st.booleans()),
            draw(st.integers(0, 3)),
        )

    return [wanted() for _ in range(draw(st.integers(12, 18)))], draw(st.lists(st.booleans(), max_size=6))


async def _registered(ledger: InProcess) -> list[tuple[str, str, str]]:
    """Some fresh hazards: (id, number, reference) of each."""
    references = [ledger.new_reference() for _ in range(HAZARDS)]
    await ledger.take(*map(report, references))
    found = "SELECT hazard_id::text, number, reference FROM hazard WHERE reference = ANY($1) ORDER BY number"
    return [tuple(row) for row in await ledger.pool.fetch(found, references)]


def _asked(wanted: Wanted, place: int, named: Sequence[tuple[str, str, str]], key: str) -> Asked:
    number = (*(each[1] for each in named), "140502-2026-999999")[wanted.on]
    name = number if wanted.by_number or wanted.on == NOBODY else named[wanted.on][0]
    caller = Caller(wanted.who, EVERYWHERE, "test")
    once = Attempt(f"{key}-{place}", b"the same") if wanted.again else Attempt()
    return Asked(Order(HazardKey.parse(name), wanted.command, caller, Precondition(wanted.version)), once)


def _told(said: object, named: Sequence[tuple[str, str, str]]) -> object:
    """What a caller hears, without the names that differ."""
    if isinstance(said, Problem):
        return said.refusal.code
    assert isinstance(said, Response), said
    return said.headers["etag"], _nameless(bytes(said.body).decode(), named)


def _nameless(text: str, named: Sequence[tuple[str, str, str]]) -> str:
    for place, names in enumerate(named):
        for name in names:
            text = re.sub(rf"{re.escape(name)}(?!\d)", f"<{place}>", text)
    return text


async def _left(ledger: InProcess, named: Sequence[tuple[str, str, str]]) -> list[Any]:
    """What stands of the hazards: their rows and the payloads of their histories."""
    left: list[Any] = []
    for hazard_id, _, _ in named:
        left.append(_nameless(repr(await ledger.find(hazard_id)), named))
        rows = await ledger.pool.fetch(
            "SELECT type, payload FROM hazard_history WHERE hazard_id = $1 ORDER BY version", hazard_id
        )
        left += [(row["type"], _nameless(bytes(row["payload"]).decode(), named)) for row in rows]
    return left


async def _asked_together(
    ledger: InProcess, asked: Sequence[tuple[Asked, int]], locked: list[bool]
) -> tuple[list[object], dict[int, None]]:
    """What each of those who ask one after the other, with a pause behind each, is told; and in which order they were decided at last."""
    decided: dict[int, None] = {}
    real = commands.move_hazard
    turns = {id(each.order): turn for turn, (each, _) in enumerate(asked)}

    def noted(journal: Journal, order: Order) -> object:
        # Those who are decided again go behind: what came before was rolled back.
        decided.pop(turns[id(order)], None)
        decided[turns[id(order)]] = None
        return real(journal, order)

    rounds = rounds_of(Deps(cast("Database", Failing(ledger.database, locked)), ledger.ledger))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "move_hazard", noted)
        asking = []
        for each, pause in asked:
            asking.append(asyncio.create_task(rounds.ask(each)))
            for _ in range(pause):
                await asyncio.sleep(0.001)
        return list(await asyncio.gather(*asking, return_exceptions=True)), decided


@settings(max_examples=12, phases=[Phase.generate])
@given(play=plays())
async def test_any_rounds_say_and_do_what_the_same_commands_alone_do(
    ledger: InProcess, play: tuple[list[Wanted], list[bool]]
) -> None:
    wanted, locked = play
    together, alone = await _registered(ledger), await _registered(ledger)
    # Whoever sends again sends the same.
    places = [place for place, one in enumerate(wanted) for _ in range(1 + one.again)]
    asked = [(_asked(wanted[place], place, together, together[0][0]), wanted[place].pause) for place in places]
    said, decided = await _asked_together(ledger, asked, list(locked))

    answers = {turn: _told(said[turn], together) for turn in decided}
    for turn in decided:
        one = wanted[places[turn]]
        order = _asked(one._replace(again=False), 0, alone, "")
        (told,) = await carry_out_round(Deps(ledger.database, ledger.ledger), [order])
        assert answers[turn] == _told(told, alone), one
    assert await _left(ledger, together) == await _left(ledger, alone)

    for turn, place in enumerate(places):
        if isinstance(wanted[place].command, Broken):
            assert isinstance(said[turn], KeyError)
        elif turn not in decided:
            # A repetition is answered as the first was, and carried out no second time.
            (first,) = (other for other in decided if places[other] == place)
            assert _told(said[turn], together) == answers[first]
