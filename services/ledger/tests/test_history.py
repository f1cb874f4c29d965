"""History: append-only, chained, exported so that an outsider can check it without the service."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.hazards import HazardEvent
from services.ledger.adapters.hazards import COLUMNS, hazard_of
from services.ledger.adapters.history import Export
from services.ledger.domain.evolution import fold
from services.ledger.tests.desk import Desk
from services.ledger.tests.world import FOREIGN, World, rectified, reported

VERIFIER = Path(__file__).parents[3] / "tools" / "verify_history" / "verify_history.py"


async def export(world: World, limit: int = 7) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    while True:
        after = records[-1]["position"] if records else 0
        answer = await world.get("/v1/history", "office", after=after, limit=limit, format="jsonl")
        assert answer.headers["content-type"] == "application/x-ndjson"
        page = [json.loads(line) for line in answer.text.splitlines()]
        records += page
        if len(page) < limit:
            return records


def verify(path: Path, records: list[dict[str, Any]], *options: str) -> subprocess.CompletedProcess[str]:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    # -I: no path of this repository can be imported, so nothing is shared with the service.
    return subprocess.run(
        [sys.executable, "-I", str(VERIFIER), str(path), *options], capture_output=True, text=True, check=False
    )


async def test_history_can_be_neither_changed_nor_deleted_nor_emptied(world: World) -> None:
    await world.confirmed()
    for statement in (
        "UPDATE hazard_history SET type = 'x'",
        "DELETE FROM hazard_history WHERE version = 1",
        "TRUNCATE hazard_history",
        "TRUNCATE hazard CASCADE",
    ):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await world.pool.execute(statement)


async def test_an_outsider_finds_the_export_whole_and_names_the_record_of_one_flipped_byte(
    world: World, tmp_path: Path
) -> None:
    hazard = await world.confirmed()
    await world.claim(rectified(hazard["reference"]))
    await world.hazard(hazard["reference"], version=3)
    records = await export(world)
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


async def test_every_hazard_equals_the_fold_of_its_history(world: World) -> None:
    hazard = await world.confirmed()
    await world.submit(hazard, "county")
    histories: dict[str, list[HazardEvent]] = {}
    for record in await export(world, limit=1000):
        payload = CloudEvent(id="1", source="/", type=record["type"], data=record["payload"].encode())
        event = decode(payload)
        assert isinstance(event, HazardEvent)
        histories.setdefault(record["hazard_id"], []).append(event)
    rows = await world.pool.fetch(f"SELECT {COLUMNS} FROM hazard")  # noqa: S608
    stored = {str(row["hazard_id"]): hazard_of(row) for row in rows}
    assert hazard["hazard_id"] in histories
    for hazard_id, events in histories.items():
        assert fold(events) == stored[hazard_id]


async def test_the_export_never_passes_over_a_transaction_in_flight(desk: Desk) -> None:
    exporter = Export(desk.database)
    async with asyncio.timeout(20):
        await desk.take(reported("R-0"))
        [(start, _)] = await exporter.page(0, 10)
        slow_may_commit, slow_has_written = asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            async with desk.database.transaction() as connection:
                await desk.claims.apply(connection, desk.deliveries(reported("R-1")))
                slow_has_written.set()
                await slow_may_commit.wait()

        writing = asyncio.create_task(slow())
        await slow_has_written.wait()
        # The other county's batch gets a later position and commits first: it is there and must not be shown yet.
        await desk.take(reported("R-2", county=FOREIGN), county=FOREIGN)
        assert await desk.database.pool.fetchval("SELECT count(*) FROM hazard_history") == 2
        assert await exporter.page(start, 10) == []
        slow_may_commit.set()
        await writing
        page = await exporter.page(start, 10)
        references = [json.loads(record.payload)["hazard"]["reference"] for _, record in page]
        assert references == ["R-1", "R-2"]


async def test_the_export_is_for_the_whole_city_only(world: World) -> None:
    for who in ("county", "operator", "machine"):
        assert (await world.get("/v1/history", who)).status_code == 403
    page = (await world.get("/v1/history", "city", limit=1)).json()
    assert page["next"] == page["items"][-1]["position"]
