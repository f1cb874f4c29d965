"""An owner of the database rewrites history, whole, and signs it with the real key: a county that kept one checkpoint
sees it (promise P4)."""

from __future__ import annotations

import pytest

from services.chassis.storage.database import Connection
from services.ledger.checkpoints.handlers.keys import fresh_key, keys_of
from services.ledger.checkpoints.jobs import make_checkpoint
from services.ledger.history.model import GENESIS, link
from services.ledger.history.tables import records
from services.ledger.tests.checkpoints.log import Log, size_of
from services.ledger.tests.people import FOREIGN

pytestmark = pytest.mark.promise("P4")


async def rewrite(connection: Connection, hazard_id: str, version: int, old: bytes, new: bytes) -> None:
    """Change what a record says, and then everything that follows from it, as an owner can: the chain and its head."""
    previous = GENESIS
    for record in await records.of_subject(connection, hazard_id):
        payload = record.payload
        if record.version == version:
            assert old in payload
            payload = payload.replace(old, new)
        fields = {name: getattr(record, name) for name in ("hazard_id", "version", "event_id", "time", "cause_id")}
        previous = link(previous, event_type=record.type, payload=payload, **fields)
        await connection.execute(
            "UPDATE hazard_history SET payload = $3, digest = $4 WHERE hazard_id = $1 AND version = $2",
            hazard_id,
            record.version,
            payload,
            previous,
        )
    await connection.execute("UPDATE hazard SET head = $2 WHERE hazard_id = $1", hazard_id, previous)


async def test_history_that_was_rebuilt_whole_and_signed_with_the_real_key_is_seen_by_whoever_kept_one_checkpoint(
    own: Log,
) -> None:
    victim = await own.ledger.confirmed(grade="major")
    elsewhere = await own.ledger.confirmed(county=FOREIGN)
    # All that the other county ever keeps.
    kept = own.keep("kept.txt", await own.checkpoint()).read_text()

    async with own.as_owner() as connection:
        await rewrite(connection, victim["hazard_id"], 2, b'"grade":"major"', b'"grade":"general"')
    await own.forget()
    same_size = await own.checkpoint()

    # Nothing within the database shows it: chain, tree and signature are right.
    whole = await own.check_chains()
    assert whole.returncode == 0, whole.stdout
    own.keep("same-size.txt", same_size)
    assert own.verify("same-size.txt").returncode == 0
    assert size_of(same_size) == size_of(kept)
    seen = own.verify("kept.txt", "same-size.txt")
    assert (seen.returncode, "历史已被改写" in seen.stdout) == (1, True)

    # Nor does growing on hide it.
    await own.ledger.submit(elsewhere, "foreign")
    await own.checkpoint()
    own.keep("grown.txt", await own.get("/v1/checkpoint/consistency", "foreign", old=size_of(kept)))
    seen = own.verify("kept.txt", "grown.txt")
    assert seen.returncode == 1
    assert f"不包含检查点 {size_of(kept)} 的全部历史" in seen.stdout


async def test_history_that_lost_its_end_is_seen_by_the_county_that_was_told_of_it(own: Log) -> None:
    await own.ledger.registered()
    await own.checkpoint()
    await own.ledger.registered()
    kept = await own.checkpoint()
    # What a topic brings twice is no rewriting.
    told = await own.keep_feedback()
    told.write_bytes(told.read_bytes() * 2)
    assert own.verify(told.name).returncode == 0
    async with own.as_owner() as connection:
        await connection.execute(
            "DELETE FROM hazard_history WHERE position = (SELECT max(position) FROM hazard_history)"
        )
    await own.forget()
    await own.checkpoint()
    refused = await own.ledger.get("/v1/checkpoint/consistency", old=size_of(kept))
    assert (refused.status_code, refused.json()["code"]) == (409, "checkpoint-smaller")
    await own.keep_feedback()
    seen = own.verify()
    assert (seen.returncode, "记录却变少" in seen.stdout) == (1, True)


async def test_a_ledger_whose_tree_was_changed_behind_its_back_signs_nothing_more(own: Log) -> None:
    await own.ledger.registered()
    note = await own.checkpoint()
    async with own.as_owner() as connection:
        await connection.execute(
            "UPDATE checkpoint_tile SET hashes = set_byte(hashes, 0, (get_byte(hashes, 0) + 1) % 256)"
        )
    await own.ledger.registered()
    for _ in range(2):
        assert not await make_checkpoint(own.ledger.database, signing=own.signing)
    assert await own.get("/v1/checkpoint") == note


async def test_a_tree_of_which_tiles_are_gone_signs_nothing_more(own: Log) -> None:
    await own.ledger.registered()
    note = await own.checkpoint()
    await own.ledger.registered()
    async with own.as_owner() as connection:
        kept = await connection.fetchval("SELECT hashes FROM checkpoint_tile WHERE level = 0")
        await connection.execute("UPDATE checkpoint_tile SET hashes = substring(hashes FOR 32) WHERE level = 0")
    assert not await make_checkpoint(own.ledger.database, signing=own.signing)
    async with own.as_owner() as connection:
        await connection.execute("UPDATE checkpoint_tile SET hashes = $1 WHERE level = 0", kept)
    assert size_of(await own.checkpoint()) == size_of(note) + 1


async def test_while_one_key_takes_over_both_sign_and_either_is_enough(own: Log) -> None:
    await own.ledger.registered()
    [old] = own.keys.verifier_keys()
    both = own.folder / "keys.pem"
    both.write_bytes(own.key.read_bytes() + fresh_key())
    own.key = both
    own.keep("note.txt", await own.checkpoint())
    found = own.keys.verifier_keys()
    assert found[0] == old
    for key in found:
        done = own.verify("note.txt", key=key)
        assert done.returncode == 0, done.stdout
    assert own.verify("note.txt", key="\n".join(found)).returncode == 0


async def test_without_a_usable_key_nothing_is_signed_and_with_one_again_it_goes_on(own: Log) -> None:
    await own.ledger.registered()
    note = await own.checkpoint()
    pem = own.key.read_bytes()
    await own.ledger.registered()
    before, own.key = own.key, own.folder / "key.pem"
    own.key.write_text("no key")
    assert not await make_checkpoint(own.ledger.database, signing=own.signing)
    assert await own.get("/v1/checkpoint") == note
    assert (await own.ledger.get("/v1/checkpoint/keys")).json()["keys"] == keys_of(before, "140500").verifier_keys()
    own.key.write_bytes(pem)
    assert size_of(await own.checkpoint()) == size_of(note) + 1
