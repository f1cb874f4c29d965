"""The journal's one door: what it locks, what it writes, and that many orders are carried out as one would be."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from duban_contracts.events.types import Grade
from services.chassis.access.refusals import Caller
from services.chassis.testing.kafka import eventually
from services.chassis.web.preconditions import Precondition
from services.ledger.hazards.handlers.commands import Order, Refused, move_hazards
from services.ledger.hazards.handlers.journal import writing
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.moves import Confirm, Plan
from services.ledger.hazards.tables import hazard_rows
from services.ledger.history.tables import locks
from services.ledger.tests.in_process import EVERYWHERE, InProcess
from services.ledger.tests.people import PEOPLE
from services.ledger.tests.telling import CONFIRM

LEDGER = Path(__file__).parents[2]


def test_nobody_takes_the_journals_locks_or_writes_its_tables_but_writing_itself() -> None:
    door = LEDGER / "hazards" / "handlers" / "journal.py"
    own = {door, *(LEDGER / "history" / "tables").glob("*.py"), *(LEDGER / "hazards" / "tables").glob("*.py")}
    forbidden = re.compile(
        r"share_history|share_commands|Journal\(|hazard_rows\.(?:lock|insert|update)|records\.append"
    )
    others = (p for p in LEDGER.rglob("*.py") if p not in own and "tests" not in p.parts)
    found = {str(p.relative_to(LEDGER)): forbidden.findall(p.read_text(encoding="utf-8")) for p in others}
    # Steps of an accident are records of the same history, made with the journal that `writing` has opened.
    assert {path: hits for path, hits in found.items() if hits} == {"accidents/handlers.py": ["records.append"]}


async def test_many_orders_are_carried_out_in_turn_and_a_refusal_touches_no_neighbour(ledger: InProcess) -> None:
    hazards = [await ledger.registered() for _ in range(3)]
    first, second, third = (hazard["number"] for hazard in hazards)
    caller = Caller(PEOPLE["county"], EVERYWHERE, "test")

    def order(name: str, command: Confirm | Plan, version: int | None = None) -> Order:
        return Order(HazardKey.parse(name), command, caller, Precondition(version))

    major = Confirm(grade=Grade.MAJOR, responsible_unit="fire_rescue", deadline_on=CONFIRM.deadline_on)
    orders = [
        order(first, CONFIRM),
        order(second, major),
        order(hazards[2]["hazard_id"], CONFIRM, 1),
        order(first, Plan(measures="更换", responsible_post="安全总监"), 2),
        order(third, CONFIRM, 1),
        order("140502-2026-999999", CONFIRM),
    ]
    async with ledger.database.transaction() as connection:
        said = await move_hazards(connection, orders, ledger=ledger.ledger)
    told = [one.refusal.code if isinstance(one, Refused) else (one.state, one.version) for one in said]
    # Each is told of its own order, and of no later one.
    assert told == [
        ("confirmed", 2),
        "city-regulator-required",
        ("confirmed", 2),
        ("rectifying", 3),
        "version-mismatch",
        "hazard-not-found",
    ]
    async with ledger.database.transaction() as connection:
        rows = {
            row.hazard.number: row.hazard
            for row in await hazard_rows.lock(connection, [h["hazard_id"] for h in hazards])
        }
    # Each row has what its own order moved, though one statement wrote what either of them did.
    assert [rows[third], rows[first]] == said[2:4]
    stored = [(await ledger.get(f"/v1/hazards/{hazard['number']}")).json() for hazard in hazards]
    assert [(one["state"], one["version"]) for one in stored] == [("rectifying", 3), ("reported", 1), ("confirmed", 2)]
    history = (await ledger.get(f"/v1/hazards/{first}/history")).json()["items"]
    assert [item["version"] for item in history] == [1, 2, 3]


async def test_a_block_that_fails_leaves_nothing(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    key, before = HazardKey.parse(hazard["number"]), len(await ledger.said())
    caller = Caller(PEOPLE["county"], EVERYWHERE, "test")

    async def fail() -> None:
        async with ledger.database.transaction() as connection:
            await move_hazards(connection, [Order(key, CONFIRM, caller, Precondition())], ledger=ledger.ledger)
            raise RuntimeError("the process dies")

    with pytest.raises(RuntimeError, match="dies"):
        await fail()
    assert (await ledger.get(f"/v1/hazards/{hazard['number']}")).json()["version"] == 1
    assert len(await ledger.said()) == before


@pytest.mark.parametrize(("commands", "waits"), [(True, True), (False, False)])
async def test_a_heartbeat_waits_for_commands_only_and_an_export_for_every_writer(
    ledger: InProcess, *, commands: bool, waits: bool
) -> None:
    async def takes(lock: int) -> bool:
        async with ledger.database.transaction() as connection:
            held: bool = await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", lock)
            return held

    async with (
        ledger.database.transaction() as connection,
        writing(connection, ledger=ledger.ledger, commands=commands) as journal,
    ):
        assert journal.at == ledger.now
        assert await takes(locks.HISTORY) is False
        assert await takes(locks.COMMANDS) is not waits


async def test_a_hazard_that_another_transaction_holds_is_waited_for(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    reference = (hazard["county"], hazard["reference"])
    async with (
        ledger.database.transaction() as connection,
        writing(connection, ledger=ledger.ledger, references=[reference]) as journal,
    ):
        assert journal.under(*reference) == journal.hazard(HazardKey.parse(hazard["number"]))
        assert journal.hazard(HazardKey.parse("140502-2026-999999")) is None
        confirming = asyncio.create_task(ledger.move(hazard["number"], CONFIRM))
        await eventually(ledger.somebody_waits)
        assert not confirming.done()
    assert isinstance(await confirming, Hazard)
