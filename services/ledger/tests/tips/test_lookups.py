"""Who reported: asked for with a reason, released by another, shown to the asker, each step on record (SY34)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from duban_contracts.refusals import Refusal
from services.chassis.access.acting import Acting
from services.chassis.access.refusals import Caller
from services.chassis.testing.clock import ManualClock
from services.ledger.tests.in_process import EVERYWHERE, InProcess, in_process
from services.ledger.tests.people import PEOPLE
from services.ledger.tests.tips.saying import does, intake, received, reporter
from services.ledger.tests.vaults import InstalledVault
from services.ledger.tips.handlers.receive import receive_tip
from services.ledger.tips.model.tip import Tip
from services.ledger.tips.moves import Receive
from services.ledger.vault.handlers import lookups
from services.ledger.vault.model.identity import Identity

ASK = {"reason": "reward", "note": "核对发放对象"}


async def asked(ledger: InProcess, who: str = "tips", **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A fresh tip, and a look-up that `who` asked for."""
    tip = await received(ledger, **fields)
    answer = await does(ledger, f"/v1/tips/{tip['number']}/lookups", who, ASK)
    assert answer.status_code == 201, answer.text
    return tip, answer.json()


@pytest.mark.feature("SY34")
@pytest.mark.promise("P8")
async def test_an_identity_is_shown_to_the_officer_who_asked_once_another_released_it(ledger: InProcess) -> None:
    person = reporter(contact="东街邮政信箱")
    tip, lookup = await asked(ledger, reporter=person)
    path = f"/v1/lookups/{lookup['lookup_id']}"
    early = await does(ledger, f"{path}/read", "tips")
    assert (early.status_code, early.json()["code"]) == (409, "lookup-not-released")
    own = await does(ledger, f"{path}/release", "tips")
    assert (own.status_code, own.json()["code"]) == (403, "lookup-own-release")
    released = await does(ledger, f"{path}/release", "tips-2")
    assert released.json()["released_by"] == "tip-officer-2"
    again = await does(ledger, f"{path}/release", "tips-2")
    assert (again.status_code, again.json()) == (200, released.json())
    another = await does(ledger, f"{path}/read", "tips-2")
    assert (another.status_code, another.json()["code"]) == (403, "lookup-of-another")

    shown = await does(ledger, f"{path}/read", "tips")
    assert shown.status_code == 200, shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert {name: shown.json()["reporter"][name] for name in person} == person
    assert (shown.json()["lookup"]["tip_number"], shown.json()["lookup"]["read"]) == (tip["number"], 1)
    assert (await does(ledger, f"{path}/read", "tips")).json()["lookup"]["read"] == 2


@pytest.mark.feature("SY34")
async def test_each_look_up_is_on_record_and_countable_and_its_note_stays_in_the_office(ledger: InProcess) -> None:
    before = {each["account"]: each for each in (await ledger.get("/v1/lookups/count", "director")).json()["accounts"]}
    _, lookup = await asked(ledger)
    await does(ledger, f"/v1/lookups/{lookup['lookup_id']}/release", "tips-2")
    await does(ledger, f"/v1/lookups/{lookup['lookup_id']}/read", "tips")
    count = (await ledger.get("/v1/lookups/count", "director")).json()
    mine = next(each for each in count["accounts"] if each["account"] == "tip-officer-1")
    known = before.get("tip-officer-1", {"asked": 0, "read": 0})
    assert (mine["asked"], mine["read"]) == (known["asked"] + 1, known["read"] + 1)
    assert (await ledger.get("/v1/lookups", "tips")).json()["items"][0]["note"] == ASK["note"]
    seen = (await ledger.get("/v1/lookups", "director")).json()["items"][0]
    assert (seen["lookup_id"], seen["reason"], seen["note"]) == (lookup["lookup_id"], "reward", None)


@pytest.mark.feature("SY66")
async def test_each_step_of_a_look_up_stands_in_the_trail_before_it_is_answered(ledger: InProcess) -> None:
    tip, lookup = await asked(ledger)
    path = f"/v1/lookups/{lookup['lookup_id']}"
    await does(ledger, f"{path}/read", "tips")  # refused: nobody released it
    for step, who in (("release", "tips-2"), ("read", "tips")):
        assert (await does(ledger, f"{path}/{step}", who)).status_code == 200
    rows = await ledger.pool.fetch(
        "SELECT * FROM trail.act WHERE objects && $1 AND action LIKE 'ledger.vault.%' AND outcome = 'done' ORDER BY position",
        [tip["number"], lookup["lookup_id"]],
    )
    assert [(row["action"], row["account"], row["objects"]) for row in rows] == [
        ("ledger.vault.ask", "tip-officer-1", [tip["number"]]),
        ("ledger.vault.release", "tip-officer-2", [lookup["lookup_id"]]),
        ("ledger.vault.read", "tip-officer-1", [lookup["lookup_id"]]),
    ]


@pytest.mark.feature("SY34")
@pytest.mark.parametrize("who", ["city", "county", "office", "director", "machine", "operator"])
async def test_nobody_outside_the_tip_office_comes_near_an_identity(ledger: InProcess, who: str) -> None:
    tip, lookup = await asked(ledger)
    for path, body in (
        (f"/v1/tips/{tip['number']}/lookups", ASK),
        (f"/v1/lookups/{lookup['lookup_id']}/release", None),
        (f"/v1/lookups/{lookup['lookup_id']}/read", None),
    ):
        answer = await does(ledger, path, who, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "role-not-allowed")


async def test_an_officer_of_one_county_finds_no_look_up_of_another(ledger: InProcess) -> None:
    _, lookup = await asked(ledger, county="140521")
    hidden = await does(ledger, f"/v1/lookups/{lookup['lookup_id']}/release", "tips-home")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "lookup-not-found")


async def test_there_is_nobody_behind_an_anonymous_tip(ledger: InProcess) -> None:
    tip = await received(ledger, reporter=None)
    assert tip["has_reporter"] is False
    answer = await does(ledger, f"/v1/tips/{tip['number']}/lookups", "tips", ASK)
    assert (answer.status_code, answer.json()["code"]) == (409, "reporter-unknown")


async def test_an_answer_can_be_read_for_a_day(ledger: InProcess) -> None:
    _, lookup = await asked(ledger)
    await does(ledger, f"/v1/lookups/{lookup['lookup_id']}/release", "tips-2")
    office = ledger.office
    assert office.vault is not None
    caller = Caller(PEOPLE["tips"], EVERYWHERE, "test")
    for hours, shown in ((24, True), (25, False)):
        clock = ManualClock(ledger.now + timedelta(hours=hours))
        acting = Acting.now(caller, clock=clock, zone=office.ledger.rules.zone)
        said = await lookups.read(office.vault, lookup["lookup_id"], acting=acting)
        assert isinstance(said, tuple) is shown


@pytest.mark.feature("SY34")
@pytest.mark.promise("P8")
async def test_no_look_up_can_be_changed_or_taken_away_by_the_vaults_own_role(
    ledger: InProcess, vault: InstalledVault
) -> None:
    _, lookup = await asked(ledger)
    connection = await asyncpg.connect(vault.dsn)
    try:
        for statement in (
            "UPDATE lookup SET note = ''",
            "DELETE FROM lookup",
            "TRUNCATE lookup_step",
            "UPDATE lookup_step SET account = 'nobody'",
            "DELETE FROM lookup_step",
            "DELETE FROM sealed_identity",
            "UPDATE sealed_identity SET subject_id = gen_random_uuid()",
            "ALTER TABLE lookup DISABLE TRIGGER ALL",
            "CREATE TABLE elsewhere (text text)",
            "SELECT * FROM schema_migration",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        assert await connection.fetchval("SELECT count(*) FROM lookup WHERE lookup_id = $1", lookup["lookup_id"]) == 1
    finally:
        await connection.close()
    owner = await asyncpg.connect(vault.owner_dsn)
    try:
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await owner.execute("DELETE FROM lookup_step")
    finally:
        await owner.close()


async def test_without_a_vault_a_tip_is_taken_in_anonymously_only(ledger: InProcess) -> None:
    office = replace(ledger.office, vault=None)
    acting = office.acting(Caller(PEOPLE["tips"], EVERYWHERE, "test"))
    said = msgspec.convert(intake(), Receive)
    async with ledger.database.transaction() as connection:
        named = await receive_tip(connection, said, Identity(name="举报人（虚构）"), office=office, now=lambda: acting)
        anonymous = await receive_tip(connection, said, None, office=office, now=lambda: acting)
    assert isinstance(named, Refusal)
    assert (named.code, named.status) == ("vault-not-set-up", 409)
    assert isinstance(anonymous, Tip)


async def test_a_vault_that_is_away_stops_tips_with_a_reporter_and_nothing_else(
    shared_database: str, profile: Path, vault: InstalledVault
) -> None:
    away = replace(vault, dsn="postgresql://nobody:nothing@127.0.0.1:1/nowhere")
    async with in_process(shared_database, profile, away) as ledger:
        before = await ledger.pool.fetchval("SELECT count(*) FROM tip")
        named = await does(ledger, "/v1/tips", "tips", intake(reporter=reporter()))
        assert (named.status_code, named.json()["code"]) == (503, "unavailable")
        assert await ledger.pool.fetchval("SELECT count(*) FROM tip") == before
        assert (await received(ledger, reporter=None))["has_reporter"] is False
        assert (await ledger.get("/v1/hazards")).status_code == 200
