"""History: append-only, exported so that an outsider can check it without the service (promise P4)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.testing.calendar import june
from duban_contracts.testing.claims import rectification, report
from services.ledger.claims.handlers.take_claims import Claims, take_claims
from services.ledger.hazards.model import fold
from services.ledger.hazards.tables.hazard_rows import COLUMNS, hazard_of
from services.ledger.history.tables.export import Export
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import FOREIGN

pytestmark = pytest.mark.promise("P4")
VERIFIER = Path(__file__).parents[4] / "tools" / "verify_history" / "verify_history.py"


async def export(ledger: InProcess, limit: int = 7) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    while True:
        after = records[-1]["position"] if records else 0
        answer = await ledger.get("/v1/history", "office", after=after, limit=limit, format="jsonl")
        assert answer.headers["content-type"] == "application/x-ndjson"
        page = [json.loads(line) for line in answer.text.splitlines()]
        records += page
        if len(page) < limit:
            # Other tests' accidents stand among them: checkpoints/test_accidents.py is about those.
            return [record for record in records if not record["type"].startswith("duban.accident.")]


def verify(path: Path, records: list[dict[str, Any]], *options: str) -> subprocess.CompletedProcess[str]:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    # -I: no path of this repository can be imported, so nothing is shared with the service.
    return subprocess.run(
        [sys.executable, "-I", str(VERIFIER), str(path), *options], capture_output=True, text=True, check=False
    )


async def test_history_can_be_neither_changed_nor_deleted_nor_emptied(ledger: InProcess) -> None:
    await ledger.registered()
    for statement in (
        "UPDATE hazard_history SET type = 'x'",
        "DELETE FROM hazard_history WHERE version = 1",
        "TRUNCATE hazard_history",
        "TRUNCATE hazard CASCADE",
        "DELETE FROM hazard",
        "UPDATE hazard SET hazard_id = hazard_id",
        "DELETE FROM accident",
        "UPDATE accident SET accident_id = accident_id",
    ):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await ledger.pool.execute(statement)


async def test_no_record_is_about_a_hazard_or_an_accident_that_is_nowhere(ledger: InProcess) -> None:
    known = (await ledger.registered())["hazard_id"]
    statement = """
        INSERT INTO hazard_history (hazard_id, version, event_id, type, time, cause_id, payload, digest)
        SELECT about, 9, gen_random_uuid(), 'x', '', '', '', $2 FROM unnest($1::uuid[]) AS about"""
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="hazard or an accident"):
        await ledger.pool.execute(statement, [known, str(uuid4())], bytes(32))


async def test_an_outsider_finds_the_export_whole_and_names_the_record_of_one_flipped_byte(
    ledger: InProcess, tmp_path: Path
) -> None:
    hazard = await ledger.confirmed()
    await ledger.take(rectification(hazard["reference"], completed_on=june(1)))
    records = await export(ledger)
    whole = verify(tmp_path / "export", records, "--write-heads", str(tmp_path / "heads"))
    assert whole.returncode == 0, whole.stdout
    assert whole.stdout.startswith(f"{len(records)} records of ")

    victim = next(i for i, r in enumerate(records) if (r["hazard_id"], r["version"]) == (hazard["hazard_id"], 2))
    payload, event_id = records[victim]["payload"], records[victim]["event_id"]
    for field, value in (
        ("payload", payload.replace("general", "generam", 1)),
        ("time", records[victim]["time"].replace("2026", "2025")),
        ("type", "duban.hazard.closed.v1"),
    ):
        assert value != records[victim][field]
        broken = verify(
            tmp_path / "broken", [*records[:victim], {**records[victim], field: value}, *records[victim + 1 :]]
        )
        assert broken.returncode == 1
        assert broken.stdout.splitlines() == [
            f"BROKEN line {victim + 1}: hazard {hazard['hazard_id']} version 2 (event {event_id}) was changed",
            f"{len(records)} records of {len({r['hazard_id'] for r in records})} hazards: BROKEN",
        ]

    gone = verify(tmp_path / "gone", records[:victim] + records[victim + 1 :])
    assert f"hazard {hazard['hazard_id']} version 3 follows version 1: records are missing" in gone.stdout
    last = next(i for i, r in enumerate(records) if (r["hazard_id"], r["version"]) == (hazard["hazard_id"], 3))
    cut = records[:last] + records[last + 1 :]
    assert verify(tmp_path / "cut", cut).returncode == 0
    noticed = verify(tmp_path / "cut", cut, "--expect-heads", str(tmp_path / "heads"))
    assert noticed.returncode == 1
    assert f"hazard {hazard['hazard_id']} version 3 of the earlier check is gone" in noticed.stdout


@pytest.mark.promise("P2")
async def test_every_hazard_equals_the_fold_of_its_history(ledger: InProcess) -> None:
    hazard = await ledger.confirmed(township="东街")
    await ledger.submit(hazard, "county")
    histories: dict[str, list[HazardEvent]] = {}
    for record in await export(ledger, limit=1000):
        payload = CloudEvent(id="1", source="/", type=record["type"], data=record["payload"].encode())
        event = decode(payload)
        assert isinstance(event, HazardEvent)
        histories.setdefault(record["hazard_id"], []).append(event)
    rows = await ledger.pool.fetch(f"SELECT {COLUMNS} FROM hazard")  # noqa: S608
    stored = {str(row["hazard_id"]): hazard_of(row) for row in rows}
    assert stored[hazard["hazard_id"]].township_code == "140502001"
    assert {hazard_id: fold(events) for hazard_id, events in histories.items()} == stored


async def test_the_export_never_passes_over_a_transaction_in_flight(ledger: InProcess) -> None:
    exporter = Export(ledger.database)
    async with asyncio.timeout(120):
        await ledger.registered()
        start = await ledger.pool.fetchval("SELECT max(position) FROM hazard_history")
        slow_may_commit, slow_has_written = asyncio.Event(), asyncio.Event()
        slow_one, quick_one = ledger.new_reference(), ledger.new_reference()

        async def slow() -> None:
            async with ledger.database.transaction() as connection:
                await take_claims(connection, [ledger.delivery(report(slow_one))], claims=Claims.on(ledger.platform))
                slow_has_written.set()
                await slow_may_commit.wait()

        writing = asyncio.create_task(slow())
        await slow_has_written.wait()
        # The other county's batch gets a later position and commits first: it is there and must not be shown yet.
        await ledger.take(report(quick_one, county=FOREIGN), county=FOREIGN)
        assert await ledger.pool.fetchval("SELECT count(*) FROM hazard_history WHERE position > $1", start) == 1
        assert await exporter.page(start, 10) == []
        slow_may_commit.set()
        await writing
        page = await exporter.page(start, 10)
        references = [json.loads(record.payload)["hazard"]["reference"] for _, record in page]
        assert references == [slow_one, quick_one]


async def test_a_page_of_json_says_where_the_next_one_begins(ledger: InProcess) -> None:
    await ledger.confirmed()
    page = (await ledger.get("/v1/history", "city", limit=1)).json()
    assert page["next"] == page["items"][-1]["position"]
    rest = (await ledger.get("/v1/history", "city", after=page["next"], limit=5000)).json()
    assert rest["next"] is None
    assert rest["items"][0]["position"] > page["next"]
    assert (await ledger.get("/v1/history", after=2**63)).status_code == 422
