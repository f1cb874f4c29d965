"""No account can edit the trail: not the service's own, and none that speaks HTTP (SY66)."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from services.chassis.process.clock import SystemClock
from services.chassis.storage import schema, trail
from services.chassis.storage.database import connect
from services.chassis.storage.schema import migrate
from services.chassis.storage.trail import FIRST_USE, Outcome, TrailRow
from services.chassis.tests.trail.example import MIGRATIONS
from services.chassis.tests.trail.world import World
from services.chassis.trail import tables
from services.chassis.trail.keeping import take_over
from services.chassis.trail.sealing import seal_all
from services.chassis.trail.verifying import verify

pytestmark = [pytest.mark.feature("SY66")]


@pytest.fixture
async def service_dsn(database: str) -> AsyncIterator[str]:
    """The DSN of a service that owns its database, as provisioning makes it, with a trail that was taken over."""
    role, password = f"r_{secrets.token_hex(6)}", secrets.token_hex(12)
    superuser = await asyncpg.connect(database)
    name = urlsplit(database).path.lstrip("/")
    await superuser.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
    await superuser.execute(f"ALTER DATABASE {name} OWNER TO {role}")
    address = urlsplit(database).netloc.rpartition("@")[2]
    dsn = urlunsplit(urlsplit(database)._replace(netloc=f"{role}:{password}@{address}"))
    await migrate(dsn, MIGRATIONS)
    await take_over(database, role)
    await take_over(database, role)  # as often as one likes
    yield dsn
    await superuser.execute(f"ALTER DATABASE {name} OWNER TO CURRENT_USER")
    await superuser.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER")
    await superuser.execute(f"DROP OWNED BY {role}")
    await superuser.execute(f"DROP ROLE {role}")
    await superuser.close()


FORBIDDEN = (
    "UPDATE trail.act SET account = 'x'",
    "DELETE FROM trail.act",
    "TRUNCATE trail.act",
    "UPDATE trail.seal SET digest = previous",
    "DELETE FROM trail.seal",
    "INSERT INTO trail.anchor VALUES (1, sha256('x'), now(), now(), 'x')",
    "ALTER TABLE trail.act DISABLE TRIGGER ALL",
    "DROP TRIGGER act_stays ON trail.act",
    "CREATE OR REPLACE FUNCTION trail.stays() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "DROP TABLE trail.act",
    "DROP SCHEMA trail CASCADE",
    "ALTER TABLE trail.act OWNER TO CURRENT_USER",
    "SET session_replication_role = replica",
)


async def test_the_services_role_can_change_nothing_of_it(service_dsn: str) -> None:
    connection = await asyncpg.connect(service_dsn)
    try:
        await connection.execute("INSERT INTO trail.act (at, action, outcome) VALUES (now(), 'a', 'done')")
        for statement in FORBIDDEN:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        assert await connection.fetchval("SELECT count(*) FROM trail.act WHERE account IS NULL") == 1
    finally:
        await connection.close()


async def test_the_services_role_writes_seals_and_reads(service_dsn: str) -> None:
    opened = await connect(service_dsn, application_name="test")
    async with opened.transaction() as connection:
        await trail.write(connection, [TrailRow(at=SystemClock().now(), action="a", outcome=Outcome.DONE)])
    assert await seal_all(opened, SystemClock()) == 1
    async with opened.acquire() as connection:
        verdict = await verify(connection)  # type: ignore[arg-type]
    assert (list(verdict.findings), verdict.is_taken_over) == ([], True)
    await opened.close()


@pytest.mark.parametrize(
    "given",
    [
        "GRANT UPDATE ON trail.seal TO {}",
        "GRANT TRIGGER ON trail.act TO {}",
        "GRANT INSERT ON trail.anchor TO PUBLIC",
        "ALTER TABLE trail.act OWNER TO {}",
    ],
)
async def test_that_it_is_still_in_the_services_hands_is_told(service_dsn: str, database: str, given: str) -> None:
    superuser, service = await asyncpg.connect(database), await asyncpg.connect(service_dsn)
    try:
        await superuser.execute(given.format(await service.fetchval("SELECT current_user")))
        # Whoever asks.
        for who in (superuser, service):
            assert not (await verify(who)).is_taken_over
    finally:
        await service.close()
        await superuser.close()


async def test_auditors_read_it_and_nobody_else(world: World) -> None:
    await world.client.post("/v1/boxes/b1/open", headers=world.regulator)
    for headers, status in ((world.auditor, 200), (world.regulator, 403), (world.operator, 403), ({}, 401)):
        assert (await world.client.get("/v1/trail", headers=headers)).status_code == status
    shown = (await world.client.get("/v1/trail", headers=world.auditor)).json()
    (item,) = [item for item in shown["items"] if item["action"] == "example.boxes.open"]
    assert (item["account"], item["objects"], item["outcome"]) == ("regulator-1", ["b1"], "done")
    # An auditor audits: that it read is told, too, and that is all it can do.
    assert [row["account"] for row in await world.flushed("action = 'example.trail.read' AND outcome = 'read'")] == [
        "auditor-1"
    ]
    assert (await world.client.post("/v1/boxes/b1/open", headers=world.auditor)).status_code == 403


async def test_it_is_searched_by_account_object_action_outcome_and_time(world: World) -> None:
    await world.client.post("/v1/boxes/b1/open", headers=world.regulator)
    await world.client.post("/v1/boxes/b2/open", headers=world.regulator)
    await world.client.get("/v1/boxes/b1", headers=world.county)
    (first, second, third) = await world.flushed()

    async def found(**asked: str) -> list[int]:
        answer = await world.client.get("/v1/trail", params=asked, headers=world.auditor)
        items = answer.json()["items"]
        return [item["position"] for item in items if item["action"].startswith("example.boxes")]

    ones, twos, threes = first["position"], second["position"], third["position"]
    assert await found() == [threes, twos, ones]
    assert await found(account="regulator-1") == [twos, ones]
    assert await found(object="b1") == [threes, ones]
    assert await found(object="b1", account="regulator-2") == [threes]
    assert await found(action="example.boxes.read") == [threes]
    assert await found(outcome="done") == [twos, ones]
    assert await found(since=second["at"].isoformat()) == [threes, twos]
    assert await found(until=second["at"].isoformat()) == [ones]


async def test_an_events_id_leads_to_the_rows_that_name_it(world: World) -> None:
    rows = [
        TrailRow(
            at=SystemClock().now(),
            action="a",
            outcome=Outcome.DONE,
            objects=["ledger.claims"],
            events=[f"e{n}", f"e{n + 1}"],
        )
        for n in range(3)
    ]
    async with world.database.transaction() as connection:
        await trail.write(connection, rows)
    for event, found in (("e0", [["e0", "e1"]]), ("e1", [["e1", "e2"], ["e0", "e1"]]), ("ledger.claims", [])):
        answer = await world.client.get("/v1/trail", params={"event": event}, headers=world.auditor)
        assert [item["events"] for item in answer.json()["items"]] == found


async def test_pages_lead_through_all_of_it_in_every_format(world: World) -> None:
    for nth in range(7):
        await world.client.get(f"/v1/boxes/n{nth}", headers=world.regulator)
    await world.flushed()
    wanted = {"action": "example.boxes.read", "limit": "3"}
    everything = (await world.client.get("/v1/trail", params=wanted | {"limit": "100"}, headers=world.auditor)).json()
    for format_, lines in (("json", 0), ("jsonl", 3), ("csv", 4)):
        pages, address = 0, f"/v1/trail?action=example.boxes.read&limit=3&format={format_}"
        positions: list[int] = []
        while address:
            answer = await world.client.get(address, headers=world.auditor)
            assert answer.status_code == 200
            pages, address = pages + 1, answer.links.get("next", {}).get("url", "")
            if format_ == "json":
                positions += [item["position"] for item in answer.json()["items"]]
            elif pages == 1:
                assert len(answer.text.splitlines()) == lines
        assert pages == 3
        assert format_ != "json" or positions == [item["position"] for item in everything["items"]]


async def test_a_page_ends_early_when_its_rows_name_much(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "HEAVY", 1000)
    monkeypatch.setattr(tables, "_AT_ONCE", 3)
    for nth, count in enumerate((1, 900, 100, 1000, 1, 1001)):
        row = TrailRow(at=SystemClock().now(), action="batch", outcome=Outcome.DONE, events=[f"e{nth}"] * count)
        async with world.database.transaction() as connection:
            await trail.write(connection, [row])
    for limit, pages in ((100, [[1001], [1, 1000], [100, 900], [1]]), (1, [[1001], [1], [1000], [100], [900], [1]])):
        found, address = [], f"/v1/trail?action=batch&limit={limit}"
        while address:
            answer = await world.client.get(address, headers=world.auditor)
            found.append([len(item["events"]) for item in answer.json()["items"]])
            address = answer.links.get("next", {}).get("url", "")
        assert found == pages


async def test_a_cell_that_a_spreadsheet_would_reckon_is_text(world: World) -> None:
    await world.client.get("/v1/boxes/=1+1", headers=world.regulator)
    await world.flushed()
    answer = await world.client.get("/v1/trail", params={"format": "csv", "object": "=1+1"}, headers=world.auditor)
    assert answer.headers["content-type"].startswith("text/csv")
    assert ",'=1+1," in answer.text


async def test_the_first_use_of_a_key_can_be_searched(world: World) -> None:
    await world.client.get("/v1/boxes/b1", headers=world.regulator)
    await world.flushed()
    answer = await world.client.get("/v1/trail", params={"action": FIRST_USE}, headers=world.auditor)
    assert "regulator-1" in {item["account"] for item in answer.json()["items"]}


async def test_what_a_later_release_adds_to_it_is_made_by_its_owner(
    service_dsn: str, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service migrates first, and can't; whoever took the trail over makes it when he takes it over again."""
    superuser, service = await asyncpg.connect(database), await asyncpg.connect(service_dsn)
    try:
        role = await service.fetchval("SELECT current_user")
        await superuser.execute("DROP INDEX trail.act_by_action")
        # A release whose last tables are the trail's: what came later is neither applied nor there to be.
        for file in schema.CHASSIS_MIGRATIONS.glob("*.sql"):
            if file.name <= "0012_trail_rehearsals.sql":
                shutil.copy(file, tmp_path)
        monkeypatch.setattr(schema, "CHASSIS_MIGRATIONS", tmp_path)
        await superuser.execute("DELETE FROM schema_migration WHERE name ~ '_trail_' OR name ~ 'chassis/001[3-9]'")
        assert await migrate(service_dsn, MIGRATIONS) != []
        there = "SELECT to_regclass('trail.act_by_action') IS NOT NULL"
        assert not await service.fetchval(there)
        await take_over(database, role)
        assert await service.fetchval(there)
    finally:
        await service.close()
        await superuser.close()
