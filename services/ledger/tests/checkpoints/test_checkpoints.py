"""Checkpoints on PostgreSQL: what is signed, told and proved, and what a county makes of it offline (promise P4)."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import asyncpg
import pytest

from duban_contracts.codec import decode
from duban_contracts.events.checkpoints import LedgerCheckpointSigned
from duban_contracts.testing.claims import report
from duban_contracts.topics import TopicFamily, feedback_topic
from services.chassis.storage.database import Connection
from services.ledger.checkpoints.handlers.growing import grow_tree
from services.ledger.checkpoints.jobs import make_checkpoint
from services.ledger.checkpoints.model.entry import leaf_of
from services.ledger.claims.handlers.take_claims import Claims, take_claims
from services.ledger.history.tables.export import Export
from services.ledger.tests.checkpoints.log import Log, size_of
from services.ledger.tests.checkpoints.trees import root_by_definition
from services.ledger.tests.people import COUNTIES, FOREIGN

pytestmark = pytest.mark.promise("P4")


async def root_of_history(log: Log, size: int) -> str:
    """The root over the first records of the export, by the definition."""
    found = await Export(log.ledger.database).page(0, size)
    return b64encode(root_by_definition([leaf_of(record) for _, record in found])).decode()


async def test_a_checkpoint_is_the_root_over_every_record_in_order_of_the_export(log: Log) -> None:
    await log.ledger.confirmed()
    note = await log.checkpoint()
    origin, size, root, *_ = note.splitlines()
    assert origin == "duban/140500/ledger"
    assert int(size) == await log.ledger.pool.fetchval("SELECT count(*) FROM hazard_history")
    assert root == await root_of_history(log, int(size))
    await log.ledger.confirmed()
    assert size_of(await log.checkpoint()) == int(size) + 2
    assert await log.get("/v1/checkpoint", size=size) == note


async def test_everybody_is_told_of_each_checkpoint_once_and_of_none_where_nothing_was_recorded(log: Log) -> None:
    await log.ledger.registered()
    note = await log.checkpoint()
    assert await log.checkpoint() == note
    for topic in (TopicFamily.CHECKPOINT, *(feedback_topic(county) for county in COUNTIES)):
        said = [data for e in await log.ledger.said(topic) if isinstance(data := decode(e), LedgerCheckpointSigned)]
        assert [data.note for data in said].count(note) == 1, topic
        assert said[-1].size == size_of(note)
        assert said[-1].root == note.splitlines()[2]
        assert said[-1].signed_at == log.ledger.now


async def test_a_county_holds_its_copy_against_proofs_and_checkpoints_offline(log: Log) -> None:
    hazard = await log.ledger.confirmed()
    kept = log.keep("kept.txt", await log.checkpoint()).read_text()
    await log.ledger.submit(hazard, "county")
    await log.checkpoint()
    log.keep("grown.txt", await log.get("/v1/checkpoint/consistency", "county", old=size_of(kept)))
    path = f"/v1/hazards/{hazard['number']}/history/2/proof"
    log.keep("confirmed.tlog-proof", await log.get(path, "county"))
    log.keep("confirmed-then.tlog-proof", await log.get(path, "county", size=size_of(kept)))
    await log.keep_feedback()
    submitted = next(e for e in await log.told() if e.subject == hazard["hazard_id"] and e.aggregateversion == 3)
    log.keep("submitted.tlog-proof", await log.get("/v1/checkpoint/inclusion", "county", event=submitted.id))
    done = log.verify()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{hazard['hazard_id']} v2 在检查点 {size_of(kept)} 之内" in done.stdout
    assert f"包含检查点 {size_of(kept)} 的全部历史" in done.stdout
    assert done.stdout.endswith("✓ 核验通过\n")


async def test_a_copy_that_says_something_else_is_under_no_checkpoint(log: Log) -> None:
    hazard = await log.ledger.confirmed()
    await log.checkpoint()
    log.keep("2.tlog-proof", await log.get(f"/v1/hazards/{hazard['number']}/history/2/proof", "county"))
    copy = await log.keep_feedback()
    copy.write_text(copy.read_text().replace('"grade":"general"', '"grade":"major"'))
    done = log.verify()
    assert done.returncode == 1
    assert f"✗ 2.tlog-proof：{hazard['hazard_id']} v2 不在检查点" in done.stdout


async def test_what_is_not_signed_by_a_key_that_the_county_trusts_counts_for_nothing(log: Log) -> None:
    await log.ledger.registered()
    note = await log.checkpoint()
    log.keep("kept.txt", note)
    stranger = "duban/140500/ledger+ad5d8a8c+AZiMFGOenUcmJJdMAMEi+GaSgf6qPIYrVM3dieoDDS0x"
    done = log.verify(key=stranger)
    assert (done.returncode, "没有可信公钥的签名" in done.stdout) == (1, True)
    log.keep("kept.txt", note.replace(f"\n{size_of(note)}\n", f"\n{size_of(note) + 1}\n"))
    done = log.verify("kept.txt")
    assert (done.returncode, "签名不对" in done.stdout) == (1, True)


async def test_only_whoever_may_see_a_hazard_gets_proofs_of_its_records(log: Log) -> None:
    hazard = await log.ledger.confirmed(county=FOREIGN)
    note = await log.checkpoint()
    event = next(e for e in await log.told(FOREIGN) if e.subject == hazard["hazard_id"])
    foreign = await log.ledger.get(f"/v1/hazards/{hazard['number']}/history/2/proof", "county")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "hazard-not-found")
    foreign = await log.ledger.get("/v1/checkpoint/inclusion", "county", event=event.id)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "record-not-found")
    assert await log.get("/v1/checkpoint", "worker") == note


async def test_proofs_that_can_not_be_are_refused_by_name(log: Log) -> None:
    hazard = await log.ledger.registered()
    size = size_of(await log.checkpoint())
    await log.ledger.confirm(hazard)
    proof = f"/v1/hazards/{hazard['number']}/history"
    for path, asked, status, code in (
        (f"{proof}/2/proof", {}, 409, "record-not-in-checkpoint"),
        (f"{proof}/3/proof", {}, 404, "record-not-found"),
        (f"{proof}/1/proof", {"size": size + 1}, 404, "checkpoint-not-found"),
        ("/v1/checkpoint", {"size": size + 1}, 404, "checkpoint-not-found"),
        ("/v1/checkpoint/consistency", {"old": size + 1}, 409, "checkpoint-smaller"),
        ("/v1/checkpoint/inclusion", {"event": "00000000-0000-7000-8000-000000000000"}, 404, "record-not-found"),
    ):
        answer = await log.ledger.get(path, **asked)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path


async def test_records_that_commit_out_of_order_get_leaves_in_order_and_none_is_passed_over(log: Log) -> None:
    await log.ledger.registered()
    await log.checkpoint()
    slow_may_commit, slow_has_written = asyncio.Event(), asyncio.Event()
    slow_one, quick_one = log.ledger.new_reference(), log.ledger.new_reference()

    async def slow() -> None:
        async with log.ledger.database.transaction() as connection:
            claims = Claims.on(log.ledger.platform)
            await take_claims(connection, [log.ledger.delivery(report(slow_one))], claims=claims)
            slow_has_written.set()
            await slow_may_commit.wait()

    writing = asyncio.create_task(slow())
    await slow_has_written.wait()
    # The other county's report has a later position and is committed first: it waits for the one before.
    await log.ledger.take(report(quick_one, county=FOREIGN), county=FOREIGN)
    assert not await make_checkpoint(log.ledger.database, signing=log.signing)
    slow_may_commit.set()
    await writing
    note = await log.checkpoint()
    assert note.splitlines()[2] == await root_of_history(log, size_of(note))


async def test_two_instances_at_once_make_one_tree(log: Log) -> None:
    for _ in range(3):
        await log.ledger.registered()
    await asyncio.gather(*(grow_tree(log.ledger.database) for _ in range(3)))
    await asyncio.gather(*(make_checkpoint(log.ledger.database, signing=log.signing) for _ in range(3)))
    note = await log.checkpoint()
    assert note.splitlines()[2] == await root_of_history(log, size_of(note))


async def refused(connection: Connection, statement: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute(statement)


async def test_the_database_lets_no_tile_and_no_checkpoint_be_changed(log: Log) -> None:
    await log.ledger.registered()
    await log.checkpoint()
    async with log.ledger.pool.acquire() as connection:
        for statement in (
            "UPDATE checkpoint_tile SET hashes = set_byte(hashes, 0, (get_byte(hashes, 0) + 1) % 256)",
            "UPDATE checkpoint_tile SET number = number + 1000",
            "DELETE FROM checkpoint_tile",
            "TRUNCATE checkpoint_tile",
            "UPDATE checkpoint SET note = 'another'",
            "UPDATE checkpoint SET root = decode(repeat('00', 32), 'hex')",
            "DELETE FROM checkpoint",
            "TRUNCATE checkpoint",
        ):
            await refused(connection, statement)
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO checkpoint (size, root) SELECT size, root FROM checkpoint")
