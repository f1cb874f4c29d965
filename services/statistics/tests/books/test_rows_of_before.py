"""What a migration makes of steps that are there is what the fold would have made of them."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pytest
from msgspec.structs import replace

from duban_contracts.testing.stories import in_waves
from services.chassis.storage.database import Connection
from services.statistics.books.model.record import HazardRecord, encode
from services.statistics.bootstrap import MIGRATIONS
from services.statistics.tests.bench import Books
from services.statistics.tests.stories import hour, open_since

pytestmark = pytest.mark.promise("P5")

_MISSED: Final = MIGRATIONS / "books" / "0003_missed_deadlines.sql"
_LATER: Final = date(2026, 12, 20)


async def _steps(connection: Connection) -> list[tuple[Any, ...]]:
    rows = await connection.fetch(
        "SELECT hazard_id, version, passed, missed_on FROM hazard_step ORDER BY hazard_id, version"
    )
    return [tuple(row) for row in rows]


def _as_before(record: HazardRecord) -> HazardRecord:
    """The record as it was booked when only the deadline in force was looked at: one that was never passed says so."""
    began = 0
    steps = []
    for place, step in enumerate(record.steps):
        began = place if step.kind in {"confirmed", "extended", "reopened"} else began
        own = step.passed if step.missed_on == () else step.kind == "overdue" or _was_noted(record, began, place)
        steps.append(replace(step, passed=own, missed_on=()))
    return replace(record, steps=tuple(steps))


def _was_noted(record: HazardRecord, began: int, place: int) -> bool:
    return any(step.kind == "overdue" for step in record.steps[began : place + 1])


async def test_steps_of_before_know_which_deadlines_were_missed(books: Books) -> None:
    late, handed_in = open_since(1, "a").overdue(hour(240)), open_since(1, "b").submitted(hour(232)).closed(hour(240))
    again = open_since(1, "c").overdue(hour(240)).extended(hour(260), date(2026, 11, 15)).overdue(hour(400))
    city = [
        late.extended(hour(260), _LATER).submitted(hour(800)),
        handed_in.reopened(hour(260), _LATER).submitted(hour(800)).closed(hour(900)),
        again.extended(hour(410), _LATER).submitted(hour(800)),
        open_since(1, "d").overdue(hour(240)).deadline_corrected(hour(260), _LATER),
        # Nobody noted that it was late before it was extended; or it was not.
        open_since(1, "e").extended(hour(260), _LATER).submitted(hour(800)),
        open_since(1, "f").extended(hour(100), _LATER).submitted(hour(800)),
        open_since(1, "g").submitted(hour(100)).extended(hour(260), _LATER).closed(hour(800)),
        open_since(1, "h").overdue(hour(240)).submitted(hour(250)).closed(hour(260)),
    ]
    await books.take(in_waves(city))
    async with books.database.transaction() as connection:
        wanted = await _steps(connection)
        for record in map(_as_before, books.records.values()):
            await connection.execute(
                "UPDATE hazard_fact SET record = $2 WHERE hazard_id = $1", record.hazard_id, encode(record)
            )
            for step in record.steps:
                await connection.execute(
                    "UPDATE hazard_step SET passed = $3 WHERE hazard_id = $1 AND version = $2",
                    record.hazard_id,
                    step.version,
                    step.passed,
                )
        await connection.execute("ALTER TABLE hazard_step DROP COLUMN missed_on")
        await connection.execute(_MISSED.read_text(encoding="utf-8"))
        assert await _steps(connection) == wanted
    assert {hazard for hazard, _, _, missed in wanted if missed} == {"a", "b", "c", "e"}
