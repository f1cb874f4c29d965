"""With the first wall down PostgreSQL alone keeps people within their scopes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from services.chassis.storage.schema import CHASSIS_MIGRATIONS
from services.chassis.testing.rights.leaks import leaks, nested
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.specimens import specimens

# Beside the chassis' tables, in which the service keeps its own work and nobody's rows.
_NOBODYS: Final = {
    "numbers": {"accident_serial", "hazard_counter", "inside_report_counter", "tip_counter"},
    "of counties as such, for the service and its gauges": {
        "broker_clock",
        "county_arrival",
        "county_gap",
        "heartbeat",
    },
    "the standards, which are everybody's": {"criteria_clause", "criteria_version"},
    "digests": {"checkpoint", "checkpoint_tile"},
    "ids, by which walled rows are looked up": {"hazard_key", "hazard_unread", "hazard_words", "uncompared"},
}


@pytest.mark.feature("SY65")
async def test_every_table_stands_behind_the_wall_or_has_a_reason_not_to(ledger: InProcess) -> None:
    chassis = " ".join(file.read_text() for file in CHASSIS_MIGRATIONS.glob("*.sql"))
    named = set(re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", chassis)) | {"schema_migration"}
    async with ledger.database.acquire() as connection:
        rows = await connection.fetch(
            """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND NOT relrowsecurity
                  AND relnamespace = 'public'::regnamespace"""
        )
    assert {row["relname"] for row in rows} - named == set[str]().union(*_NOBODYS.values())


@pytest.mark.feature("SY65")
@pytest.mark.feature("SY25")
async def test_without_the_first_wall_no_read_shows_anybody_a_row_outside_the_scope(
    ledger: InProcess, checkpoint_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ledger.database.is_walled
    assert await leaks(ledger.app, await specimens(ledger, checkpoint_key), monkeypatch) == []


@pytest.mark.feature("SY26")
async def test_no_read_takes_a_second_connection_of_a_pool_with_the_wall_or_without(
    ledger: InProcess, checkpoint_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await specimens(ledger, checkpoint_key)
    assert await nested(ledger.app, found, monkeypatch) == []
    monkeypatch.setattr(ledger.database, "_readers", None)
    assert not ledger.database.is_walled
    assert await nested(ledger.app, found, monkeypatch) == []
