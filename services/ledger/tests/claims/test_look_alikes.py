"""Two references that look the same are one reference, visibly; hazards from before that rule stay what they are."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from duban_contracts.admissible.texts import folded
from duban_contracts.cloudevents import from_kafka
from duban_contracts.codec import decode
from duban_contracts.events.feedback import ClaimOutcome, ClaimRecorded, ClaimRejected
from duban_contracts.events.types import HazardState
from duban_contracts.testing.calendar import local
from duban_contracts.testing.claims import plan, rectification, report, sent
from services.chassis.storage.schema import migrate
from services.ledger.bootstrap import MIGRATIONS, SLICES
from services.ledger.claims.model.decisions import WaitingFor
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import HOME
from services.ledger.tests.settling import Batch
from services.ledger.tests.telling import CONFIRM

LOOK_ALIKES = ["AQ-1 ", " AQ-1", "AQ-1\u3000", "AQ-1\u200b", "\ufeffAQ-1", "ＡＱ－１", "AQ-\u00ad1", "A Q-1"]


@pytest.mark.feature("SY24")
@pytest.mark.promise("P1")
@pytest.mark.parametrize("written", LOOK_ALIKES)
def test_a_look_alike_is_the_same_hazard_and_the_answer_names_the_reference(written: str) -> None:
    batch = Batch().take(report("AQ-1"), report(written), report(written, place="西侧"))
    assert batch.told == ["registered", "duplicate", "corrected"]
    first, same, other = batch.answers
    assert isinstance(first, ClaimRecorded)
    assert first.linked_reference is None
    assert first.message is None
    for answer in (same, other):
        assert isinstance(answer, ClaimRecorded)
        assert (answer.reference, answer.linked_reference) == (written, "AQ-1")
        assert answer.number == first.number
        assert "视为同一编号" in (answer.message or "")
    assert batch.hazard.reference == "AQ-1"


def test_case_counts() -> None:
    assert folded("aq-1") != folded("AQ-1")


def test_a_refused_look_alike_names_the_reference_too() -> None:
    batch = Batch().take(report("AQ-1")).moves(CONFIRM).take(report("ＡＱ－１", place="别处"))
    refused = batch.answers[-1]
    assert isinstance(refused, ClaimRejected)
    assert refused.code == "reference-already-confirmed"
    assert "“ＡＱ－１”与已入账的“AQ-1”视为同一编号" in refused.message


def test_what_waits_under_a_look_alike_is_released_by_the_report() -> None:
    batch = Batch().take(plan("ＡＱ－１"), rectification("AQ-1 "), report("AQ-1"))
    assert batch.waiting == [WaitingFor.CONFIRMATION] * 2
    batch.moves(CONFIRM)
    assert (batch.hazard.state, batch.waiting) == (HazardState.IN_REVIEW, [])


def test_every_answer_can_be_read_by_the_county_whatever_the_claim_said() -> None:
    odd = ["AQ-1\u202e", "\u3000", "AQ\u2028-1", "AQ\u0085"]
    batch = Batch().take(*(report(reference) for reference in odd))
    assert batch.told == ["control-character", "blank-text", "control-character", "control-character"]
    for message in batch.journal._messages:
        assert decode(from_kafka(message.key, message.value, message.headers))


async def test_look_alikes_make_one_hazard_in_one_batch_and_in_many(ledger: InProcess) -> None:
    reference = ledger.new_reference()
    await ledger.take(report(f"{reference} "), report(reference), rectification(f"{reference}\u200b"))
    await ledger.take(report(f"\u3000{reference}", place="西侧"))
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in reference)
    for written in (reference, f"{reference} ", wide):
        [hazard] = (await ledger.get("/v1/hazards", reference=written)).json()["items"]
        assert (hazard["reference"], hazard["place"], hazard["version"]) == (f"{reference} ", "西侧", 2)
    assert (await ledger.confirm(hazard)).json()["state"] == "in_review"
    answers = [decode(e) for e in await ledger.said() if e.subject and folded(e.subject) == reference]
    outcomes = [a.outcome for a in answers if isinstance(a, ClaimRecorded)]
    assert outcomes == [ClaimOutcome.REGISTERED, ClaimOutcome.DUPLICATE, ClaimOutcome.CORRECTED, ClaimOutcome.APPLIED]


@pytest_asyncio.fixture
async def old_database(database: str, tmp_path: Path) -> str:
    """A ledger as it was before references were folded."""
    before = tmp_path / "before"
    shutil.copytree(MIGRATIONS, before)
    for slice_, last in (("hazards", "0003"), ("claims", "0002"), ("groups", "0002")):
        for later in (file for file in before.glob(f"{slice_}/*.sql") if file.name >= last):
            later.unlink()
    await migrate(database, before, list(SLICES))
    return database


_OLD_HAZARD = """
INSERT INTO hazard (hazard_id, number, county, reference, channel, sector, state, enterprise_name, place, description,
                    found_on, overdue, registered_at, changed_at, returned_count, reopened_count, version, head)
VALUES ($1, $2, $3, $4, 'inspection', 'hazchem', 'reported', '甲', '乙', '丙', '2026-06-01', false, $5, $5, 0, 0, 1, $6)"""
_OLD_WAITING = """
INSERT INTO waiting_claim (county, reference, waiting_for, topic, partition, "offset", received_at, value, headers,
                           event_id, source, type)
VALUES ($1, $2, 'confirmation', 't', 0, $3, $4, '', '', 'e', 's', 't')"""


async def _fill(connection: asyncpg.Connection[asyncpg.Record], references: Sequence[str]) -> None:
    for serial, reference in enumerate(references, 1):
        hazard_id = f"019aa000-0000-7000-8000-{serial:012d}"
        await connection.execute(
            _OLD_HAZARD, hazard_id, f"{HOME}-2026-{serial:06d}", HOME, reference, local(1), bytes(32)
        )
        await connection.execute(_OLD_WAITING, HOME, reference, serial, local(1))


async def test_hazards_that_look_alike_already_stay_apart_and_one_holds_the_folded_reference(old_database: str) -> None:
    connection = await asyncpg.connect(old_database)
    references = ["ＮＦ－１", "NF-1 ", "NF-1", "NF-2\u200b", "NF 2", "AQ-7", "e\u0301-1"]
    try:
        await _fill(connection, references)
        await migrate(old_database, MIGRATIONS, list(SLICES))
        rows = await connection.fetch("SELECT reference, reference_key FROM hazard ORDER BY hazard_id")
        keys = {row["reference"]: row["reference_key"] for row in rows}
        # The one that is written as it folds, else the oldest, holds the fold; each other keeps its own reference.
        assert keys == {
            "ＮＦ－１": "ＮＦ－１",
            "NF-1 ": "NF-1 ",
            "NF-1": "NF-1",
            "NF-2\u200b": "NF-2",
            "NF 2": "NF2",
            "AQ-7": "AQ-7",
            "e\u0301-1": "\u00e9-1",
        }
        waits = await connection.fetch("SELECT reference, reference_key FROM waiting_claim ORDER BY id")
        assert {row["reference"]: row["reference_key"] for row in waits} == keys
    finally:
        await connection.close()


async def test_postgresql_folds_as_the_contract_does(old_database: str) -> None:
    await migrate(old_database, MIGRATIONS, list(SLICES))
    connection = await asyncpg.connect(old_database)
    odd = [
        "\u00a0",
        "\u1680",
        "\u2009",
        "\u202f",
        "\u205f",
        "\u2060",
        "\u2800",
        "\u3164",
        "\uffa0",
        "\ufe0f",
        "\U000e0100",
    ]
    texts = [
        *LOOK_ALIKES,
        "示例—1",
        "①",
        "㎡",
        "e\u0301",
        "Ａ\u200bＢ",
        "a\u200b\u0301",
        *(f"NF{sign}1" for sign in odd),
    ]
    try:
        rows = await connection.fetch("SELECT t, folded_reference(t) AS f FROM unnest($1::text[]) AS t", texts)
        assert {row["t"]: row["f"] for row in rows} == {text: folded(text) for text in texts}
    finally:
        await connection.close()


async def test_an_old_look_alike_is_still_found_under_its_reference_as_written(ledger: InProcess) -> None:
    """Its own claims reach it; a new look-alike is linked to the holder of the folded reference."""
    reference = ledger.new_reference()
    holder, old = await ledger.registered(reference), await ledger.registered(ledger.new_reference())
    written = f"{reference}\u3000"
    rename = "UPDATE hazard SET reference = $2, reference_key = $2 WHERE hazard_id = $1"
    await ledger.pool.execute(rename, old["hazard_id"], written)
    try:
        await ledger.take(sent(report(written, place="旧"), event_id="e-old"), report(f" {reference}", place="新"))
        items = (await ledger.get("/v1/hazards", reference=written)).json()["items"]
    finally:
        await ledger.pool.execute(rename, old["hazard_id"], old["reference"])
    places = {item["hazard_id"]: item["place"] for item in items}
    assert places == {old["hazard_id"]: "旧", holder["hazard_id"]: "新"}
