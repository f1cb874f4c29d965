"""What was sealed stays as it was, or it shows: edited, removed, slipped in, put elsewhere, cut off, made anew (SY66)."""

from __future__ import annotations

import asyncpg
import pytest

from services.chassis.process.clock import SystemClock
from services.chassis.storage import trail
from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.tests.trail.chain import judged, row, tampered, written
from services.chassis.tests.trail.example import MIGRATIONS
from services.chassis.trail.model import BEGINNING, ChainFault, Fault, Head
from services.chassis.trail.sealing import seal_all

pytestmark = [pytest.mark.feature("SY66")]


async def test_a_trail_that_nobody_touched_is_whole(opened: Database) -> None:
    verdict = await judged(opened)
    assert (verdict.rows, verdict.seals, verdict.unsealed, list(verdict.findings)) == (12, 3, 0, [])
    assert verdict.head.number == 3


async def test_rows_that_wait_for_their_seal_are_no_fault(opened: Database) -> None:
    async with opened.transaction() as connection:
        await trail.write(connection, [row(1)])
    verdict = await judged(opened)
    assert (verdict.unsealed, list(verdict.findings)) == (1, [])


async def test_sealing_again_adds_nothing(opened: Database) -> None:
    assert await seal_all(opened, SystemClock()) == 0
    assert (await judged(opened)).seals == 3


async def test_a_transaction_that_commits_late_is_sealed_late_and_missed_by_nobody(opened: Database) -> None:
    async with opened.transaction() as slow:
        await trail.write(slow, [row(1)])
        await written(opened, 2)
    assert await seal_all(opened, SystemClock()) == 1
    verdict = await judged(opened)
    assert (verdict.rows, list(verdict.findings)) == (15, [])


async def test_while_one_instance_seals_another_leaves_it_alone(opened: Database) -> None:
    async with opened.transaction() as connection:
        await trail.write(connection, [row(1)])
    async with opened.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", 0x7472_6169)
        assert await seal_all(opened, SystemClock()) == 0
    assert await seal_all(opened, SystemClock()) == 1


async def test_an_edited_row_is_found_by_its_position(opened: Database) -> None:
    changes = (
        "account = 'somebody-else'",
        "at = at + interval '1 microsecond'",
        "source = '10.0.0.1'",
        "outcome = 'refused'",
        "objects = '{b1,b2}'",
        "events = '{e}'",
        "times = 2",
        "trace = ''",
    )
    for position, change in enumerate(changes, 1):
        found = await tampered(opened, f"UPDATE trail.act SET {change} WHERE position = {position}")  # noqa: S608
        assert found == [ChainFault(Fault.EDITED, each) for each in range(1, position + 1)], change


async def test_a_removed_row_is_found(opened: Database) -> None:
    assert await tampered(opened, "DELETE FROM trail.act WHERE position IN (2, 12)") == [
        ChainFault(Fault.REMOVED, 2),
        ChainFault(Fault.REMOVED, 12),
    ]


async def test_rows_that_changed_places_are_found(opened: Database) -> None:
    found = await tampered(
        opened,
        """UPDATE trail.act SET at = other.at, objects = other.objects FROM trail.act AS other
            WHERE (act.position, other.position) IN ((3, 6), (6, 3))""",
    )
    assert found == [ChainFault(Fault.EDITED, 3), ChainFault(Fault.EDITED, 6)]


async def test_a_row_that_was_slipped_in_is_found(opened: Database) -> None:
    slipped = "INSERT INTO trail.act (at, action, outcome) VALUES (now() - interval '1 day', 'a', 'done')"
    assert await tampered(opened, slipped) == [ChainFault(Fault.SLIPPED_IN, 13)]


async def test_an_edited_a_missing_and_a_moved_seal_are_found(opened: Database) -> None:
    assert await tampered(opened, "UPDATE trail.seal SET sealed_at = sealed_at + interval '1 s' WHERE number = 2") == [
        ChainFault(Fault.SEAL_EDITED, 2)
    ]
    found = await tampered(opened, "DELETE FROM trail.seal WHERE number = 2")
    assert ChainFault(Fault.SEAL_MISSING, 2) in found
    assert [each.at for each in found if each.fault is Fault.SLIPPED_IN] == [5, 6, 7, 8]


async def test_seals_that_changed_places_are_found(opened: Database) -> None:
    found = await tampered(
        opened,
        "UPDATE trail.seal SET number = 100 WHERE number = 1",
        "UPDATE trail.seal SET number = 1 WHERE number = 2",
        "UPDATE trail.seal SET number = 2 WHERE number = 100",
    )
    assert {each.fault for each in found} == {Fault.SEAL_EDITED}


async def test_a_chain_that_was_cut_or_made_anew_is_caught_by_whoever_kept_a_head(opened: Database) -> None:
    kept = (await judged(opened)).head
    assert list((await judged(opened, [kept])).findings) == []
    cut = ["DELETE FROM trail.seal WHERE number = 3", "DELETE FROM trail.act WHERE position > 8"]
    assert await tampered(opened, *cut) == []
    assert list((await judged(opened, [kept])).findings) == [ChainFault(Fault.HEAD_MISSING, 3)]
    await written(opened, 4)
    assert list((await judged(opened, [kept])).findings) == [ChainFault(Fault.HEAD_MISSING, 3)]


async def test_a_head_reads_as_it_is_written(opened: Database) -> None:
    head = (await judged(opened)).head
    assert Head.parse(str(head)) == head
    with pytest.raises(ValueError, match="reads"):
        Head.parse("3:beef")


async def test_even_its_owner_edits_it_only_on_purpose(opened: Database) -> None:
    statements = (
        "UPDATE trail.act SET account = 'x'",
        "DELETE FROM trail.act",
        "TRUNCATE trail.act",
        "UPDATE trail.seal SET digest = previous",
        "DELETE FROM trail.seal",
        "TRUNCATE trail.seal",
    )
    async with opened.acquire() as connection:
        for statement in statements:
            with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                await connection.execute(statement)


async def test_an_empty_trail_is_whole(database: str) -> None:
    await migrate(database, MIGRATIONS)
    opened = await connect(database, application_name="test")
    assert (await judged(opened)).head == BEGINNING
    await opened.close()
