"""Every act is told: commands with their effect, reads and refusals a moment later (SY66)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest

from deploy.local.ports import free_ports
from services.chassis.storage import trail
from services.chassis.storage.trail import FIRST_USE, Outcome, TrailRow
from services.chassis.testing.kafka import eventually
from services.chassis.testing.plans import plan_of
from services.chassis.tests.trail.world import World
from services.chassis.trail.recorder import LOST, Recorder
from services.chassis.web.server import serve

pytestmark = [pytest.mark.feature("SY66")]


async def test_a_command_stands_in_the_trail_once_its_effect_does(world: World) -> None:
    answer = await world.client.post("/v1/boxes/b1/open", headers=world.regulator)
    assert answer.status_code == 200
    (row,) = await world.rows()  # nothing was flushed
    assert (row["account"], row["role"], row["source"]) == ("regulator-1", "city_regulator", "10.1.2.3")
    assert (row["action"], row["method"], row["route"]) == ("example.boxes.open", "POST", "/v1/boxes/{name}/open")
    assert (row["objects"], row["outcome"], row["status"], row["times"]) == (["b1"], "done", 200, 1)
    assert row["trace"].startswith("00-")
    assert await world.flushed() == [row]


@pytest.mark.parametrize("way", ["open", "open-plainly", "open-together"])
async def test_every_form_of_command_writes_its_row_with_its_effect(world: World, way: str) -> None:
    await world.client.post(f"/v1/boxes/b1/{way}", headers=world.regulator)
    assert [(row["outcome"], row["route"]) for row in await world.rows()] == [("done", f"/v1/boxes/{{name}}/{way}")]


async def test_an_effect_whose_row_cannot_be_written_is_undone(world: World) -> None:
    async with world.database.acquire() as connection:
        await connection.execute("ALTER TABLE trail.act ADD CONSTRAINT never CHECK (account <> 'regulator-1')")
    answer = await world.client.post("/v1/boxes/b1/open", headers=world.regulator)
    assert answer.status_code == 500
    assert (await world.fetch("SELECT opened FROM box WHERE name = 'b1'"))[0]["opened"] == 0


async def test_a_refused_command_has_no_effect_and_a_row_that_says_why(world: World) -> None:
    for way in ("open", "open-together"):
        await world.client.post(f"/v1/boxes/b9/{way}", headers=world.regulator)
    assert await world.rows() == []
    rows = await world.flushed()
    assert [(row["outcome"], row["status"], row["code"], row["objects"]) for row in rows] == [
        ("refused", 404, "not-found", ["b9"])
    ] * 2


async def test_in_a_round_each_command_is_told_by_itself(world: World) -> None:
    names = ["b1", "b9", "b2", "b8"]
    answers = await asyncio.gather(
        *(world.client.post(f"/v1/boxes/{name}/open-together", headers=world.regulator) for name in names)
    )
    assert [answer.status_code for answer in answers] == [200, 404, 200, 404]
    assert sorted(row["objects"] for row in await world.rows()) == [["b1"], ["b2"]]
    refused = await world.flushed("outcome = 'refused'")
    assert sorted(row["objects"] for row in refused) == [["b8"], ["b9"]]


async def test_a_command_that_failed_after_its_commit_is_told_twice(world: World) -> None:
    answer = await world.client.post("/v1/boxes/b1/open-and-fail", headers=world.regulator)
    assert answer.status_code == 500
    assert [(row["outcome"], row["status"]) for row in await world.flushed()] == [("done", None), ("failed", 500)]


async def test_a_command_in_a_round_is_told_also_when_its_caller_has_hung_up(world: World) -> None:
    rounds = world.app.state.rounds
    held = asyncio.Event()
    rounds.before = held.wait
    asking = asyncio.ensure_future(world.client.post("/v1/boxes/b1/open-together", headers=world.regulator))
    await rounds.begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    held.set()

    async def told() -> None:
        assert [row["objects"] for row in await world.rows("outcome = 'done'")] == [["b1"]]

    await eventually(told)


async def test_a_repetition_is_told_as_one(world: World) -> None:
    headers = world.regulator | {"idempotency-key": "k1"}
    for _ in range(2):
        await world.client.post("/v1/boxes/b1/open", headers=headers)
    assert [row["outcome"] for row in await world.flushed()] == ["done", "repeated"]


async def test_a_dry_run_is_told_as_one_and_not_as_something_done(world: World) -> None:
    for asked in ("true", "false"):
        await world.client.post("/v1/boxes/b1/try", params={"dry_run": asked}, headers=world.regulator)
    assert [row["outcome"] for row in await world.flushed()] == ["rehearsed", "done"]


async def test_reads_of_protected_data_are_told_and_what_is_alike_is_one_row(world: World) -> None:
    for _ in range(3):
        await world.client.get("/v1/boxes/b1", headers=world.regulator)
    await world.client.get("/v1/boxes/b2", headers=world.regulator)
    rows = await world.flushed()
    assert [(row["outcome"], row["objects"], row["times"]) for row in rows] == [
        ("read", ["b1"], 3),
        ("read", ["b2"], 1),
    ]


async def test_what_touches_nobodys_data_and_what_is_public_is_not_told(world: World) -> None:
    await world.client.get("/v1/state", headers=world.regulator)
    await world.client.get("/v1/open")
    await world.client.get("/v1/nowhere", headers=world.regulator)
    assert await world.flushed() == []


async def test_refusals_are_told_also_those_that_look_like_nothing(world: World) -> None:
    await world.client.get("/v1/boxes/b2", headers=world.county)  # another county's: 404
    await world.client.get("/v1/boxes/b1", headers=world.operator)  # 403
    await world.client.get("/v1/boxes/b1")  # 401
    rows = await world.flushed()
    assert [(row["account"], row["status"], row["reason"], row["objects"]) for row in rows] == [
        ("regulator-2", 404, "outside-scope", ["b2"]),
        ("operator-1", 403, "role-not-allowed", ["b1"]),
        # What somebody unknown wrote into the address is not kept.
        (None, 401, "unauthenticated", []),
    ]
    assert {row["source"] for row in rows} == {"10.1.2.3"}


async def test_the_first_use_of_a_key_is_told_once_however_many_processes_there_are(world: World) -> None:
    for _ in range(3):
        await world.client.get("/v1/boxes/b1", headers=world.regulator)
        await world.app.state.trail.flush()
        world.app.state.trail = Recorder(world.database)
    key = world.regulator["authorization"].split("_")[1]
    rows = await world.fetch("SELECT account, objects FROM trail.act WHERE action = $1", FIRST_USE)
    assert [(row["account"], row["objects"]) for row in rows] == [("regulator-1", [f"key {key}"])]


def first_use(credential: str) -> TrailRow:
    return TrailRow(at=datetime.now(UTC), action=FIRST_USE, outcome=Outcome.NOTED, objects=[credential])


async def test_two_processes_that_meet_a_key_at_the_same_moment_tell_of_it_once(world: World) -> None:
    async def write() -> None:
        async with world.database.transaction() as connection:
            await trail.write(connection, [first_use("key 1"), first_use("key 2")])

    async with world.database.transaction() as connection:
        await trail.write(connection, [first_use("key 1")])
        other = asyncio.create_task(write())
        await asyncio.wait({other}, timeout=0.2)  # it waits for the first, or has not begun
    await other
    rows = await world.fetch("SELECT objects FROM trail.act WHERE action = $1 ORDER BY position", FIRST_USE)
    assert [row["objects"] for row in rows] == [["key 1"], ["key 2"]]


async def test_to_tell_of_a_key_nobody_reads_the_trail(world: World) -> None:
    plan = await plan_of(world.database, lambda connection: trail.write(connection, [first_use("key 1")]))
    assert {node["Node Type"] for node in plan if node.get("Relation Name") == "act"} == {"ModifyTable"}


async def test_whoever_must_stay_unknown_is_told_nothing_of(world: World) -> None:
    assert (await world.client.post("/v1/boxes/b1/whisper", headers=world.regulator)).status_code == 200
    assert await world.flushed() == []
    # Not even that the key was used.
    assert await world.fetch("SELECT FROM trail.act") == []


async def test_what_memory_cannot_hold_is_counted_and_told(world: World) -> None:
    world.app.state.trail = Recorder(world.database, most=3)
    for nth in range(10):
        await world.client.get(f"/v1/boxes/n{nth}", headers=world.regulator)
    rows = await world.flushed()
    assert [(row["action"], row["times"]) for row in rows if row["action"] == LOST] == [(LOST, 8)]
    assert len([row for row in rows if row["outcome"] == "refused"]) == 2
    assert await world.flushed() == rows


async def test_what_could_not_be_written_is_held_and_written_later(world: World) -> None:
    await world.client.get("/v1/boxes/b1", headers=world.regulator)
    async with world.database.acquire() as connection:
        await connection.execute("ALTER TABLE trail.act RENAME TO away")
        with pytest.raises(asyncpg.UndefinedTableError):
            await world.app.state.trail.flush()
        await connection.execute("ALTER TABLE trail.away RENAME TO act")
    assert [row["outcome"] for row in await world.flushed()] == ["read"]


async def test_a_row_that_cannot_be_written_is_told_as_lost_and_holds_up_no_other(world: World) -> None:
    async with world.database.acquire() as connection:
        await connection.execute("ALTER TABLE trail.act ADD CONSTRAINT never CHECK (NOT objects @> '{b1}')")
    for name in ("b1", "b2"):
        await world.client.get(f"/v1/boxes/{name}", headers=world.regulator)
    await world.app.state.trail.flush()
    rows = await world.flushed()
    assert [(row["action"], row["objects"], row["times"]) for row in rows] == [
        ("example.boxes.read", ["b2"], 1),
        (LOST, [], 1),
    ]


async def test_rights_that_are_missing_end_no_serving_and_what_came_meanwhile_is_written_later(world: World) -> None:
    recorder = world.app.state.trail
    await world.client.get("/v1/boxes/b1", headers=world.regulator)
    async with world.database.acquire() as connection:
        await connection.execute("ALTER TABLE trail.act RENAME TO away")
        await recorder.keep_up()
        await recorder.finish()
        await connection.execute("ALTER TABLE trail.away RENAME TO act")
    await recorder.keep_up()
    assert [row["outcome"] for row in await world.rows()] == ["read"]


async def test_behind_a_proxy_that_is_trusted_the_source_is_the_clients_address(world: World) -> None:
    for trusted, source in (("127.0.0.1", "192.0.2.7"), ("10.9.9.9", "127.0.0.1")):
        (port,), stopping = free_ports(1), asyncio.Event()
        serving = asyncio.ensure_future(
            serve(world.app, host="127.0.0.1", port=port, stopping=stopping, trusted_proxies=trusted)
        )

        async def asked(address: str = f"http://127.0.0.1:{port}") -> None:
            async with httpx.AsyncClient(base_url=address) as client:
                try:
                    await client.get("/v1/boxes/b1", headers={"x-forwarded-for": "192.0.2.7", **world.regulator})
                except httpx.TransportError as error:
                    raise AssertionError("not listening yet") from error

        await eventually(asked)
        stopping.set()
        await serving
        (row,) = await world.flushed(f"source = '{source}'")
        assert row["outcome"] == "read"
