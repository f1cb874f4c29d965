"""A database of release 0.1.0 is brought up to date: its letters and their deliveries go on, no cause is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from duban_contracts.events.types import Subject
from services.chassis.storage.database import connect
from services.chassis.storage.schema import migrate
from services.chassis.testing.clock import ManualClock
from services.notifications.bootstrap import MIGRATIONS, SLICES
from services.notifications.delivery.tables import queue
from services.notifications.letters import tables
from services.notifications.tests.world import NOW, due_soon, overdue
from services.notifications.tests.writing import Steered, carrier, carry, lines, published, write

LETTER = UUID("11111111-1111-5111-8111-111111111111")
REMINDER = UUID("22222222-2222-5222-8222-222222222222")
MAIL = UUID("33333333-3333-5333-8333-333333333333")

ROWS = f"""
    INSERT INTO letter_series VALUES ('urging', 2026, 1), ('prompt', 2026, 1);
    INSERT INTO letter_cause VALUES ('h-1', 2, 'urging', 0, '{LETTER}'), ('h-1', 2, 'prompt', 3, '{REMINDER}');
    INSERT INTO letter (letter_id, kind, year, sequence, number, hazard_id, hazard_number, county, sector, unit, addressee,
                        addressee_unit, deadline_number, deadline_on, title, body, issued_at, state, version,
                        cause_event, correlation)
    VALUES ('{LETTER}', 'urging', 2026, 1, '晋市安委办督〔2026〕1号', 'h-1', 'JC-1', '140502', 'coal_mine', 'fire_rescue',
            '消防', 'fire_rescue', 2, '2026-03-05', '关于督促整改的函', '正文', now(), 'issued', 1, 'e-1', 'c-1');
    INSERT INTO delivery (delivery_id, letter_id, channel, address, endpoint, next_attempt_at, pending_since)
    VALUES ('{MAIL}', '{LETTER}', 'email', 'xiaofang@140502.example', '140502/fire_rescue',
            '2026-03-06T01:00:00Z', '2026-03-06T01:00:00Z');
    INSERT INTO closed_endpoint VALUES ('140502/civil_affairs', now());
"""  # noqa: S608


@pytest.fixture
def database(make_database: Callable[[], str]) -> str:
    """DSN of an empty database: its tables are made release by release."""
    return make_database()


async def in_0_1_0(dsn: str, directory: Path) -> None:
    """Make the tables as release 0.1.0 made them, in one file that the slices' first files are cut out of."""
    parts = [
        (MIGRATIONS / name).read_text(encoding="utf-8")
        for name in ("letters/0001_letters.sql", "delivery/0001_delivery.sql")
    ]
    (directory / "0001_letters.sql").write_text("\n".join(parts), encoding="utf-8")
    await migrate(dsn, directory)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(ROWS)
    finally:
        await connection.close()


@pytest.mark.promise("P9")
async def test_letters_of_0_1_0_are_kept_and_go_on(database: str, tmp_path: Path) -> None:
    await in_0_1_0(database, tmp_path)
    assert await migrate(database, MIGRATIONS, SLICES) == [
        "letters/0002_subjects.sql",
        "letters/0003_recalled.sql",
        "letters/0004_principals.sql",
        "letters/0005_lists.sql",
        "delivery/0002_channels.sql",
        "delivery/0003_reports.sql",
        "delivery/0004_recalled.sql",
        "delivery/0005_by_age.sql",
        "delivery/0006_away.sql",
        "delivery/0007_awaiting.sql",
        "delivery/0008_lists.sql",
    ]
    opened = await connect(database, application_name="test")
    try:
        async with opened.transaction() as connection:
            letter = await tables.one(connection, LETTER)
            [found] = (await queue.lock_all(connection, LETTER)).values()
            closed = await connection.fetch("SELECT channel, endpoint FROM closed_endpoint")
        assert letter is not None
        assert letter.about == Subject(kind="hazard", id="h-1", number="JC-1")
        assert (letter.sector, letter.township, letter.enterprise) == ("coal_mine", None, None)
        assert (found.county, found.unit, found.state.channel) == ("140502", "fire_rescue", "email")
        assert [tuple(row) for row in closed] == [("webhook", "140502/civil_affairs")]
        # The causes are remembered: told again, they make no second letter.
        clock = ManualClock(NOW)
        await write(opened, clock, overdue(deadline_number=2), due_soon(deadline_number=2, days_left=3))
        assert await published(opened) == 0
        email = Steered()
        clock.advance(timedelta(minutes=1))
        await carry(carrier(opened, clock, lines(email)))
        assert [parcel.content.number for parcel in email.parcels] == ["晋市安委办督〔2026〕1号"]
        assert await published(opened) == 1
    finally:
        await opened.close()
