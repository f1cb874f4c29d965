"""A round says of itself that it finds everything by key. So nothing that is stated in one, be it new, walks through a table."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from services.chassis.storage.beginning import BY_KEY
from services.chassis.storage.database import Connection, Database
from services.chassis.testing.rights.people import Sample
from services.ledger.hazards.http import commands
from services.ledger.tests.hazards.bodies import BEFORE, BODIES
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import PEOPLE
from services.ledger.tests.specimens import Rows

# Whatever was stated, and however its plan was made. A session tells of its transactions about once a second, so that those of a
# moment ago are counted here, too, and are taken off.
_WALKS: Final = "SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE seq_scan > 0"
# A table of the few rows of a test is walked through whatever its indexes are. So it is walked where none of them helps.
_BY_KEY: Final = {**BY_KEY, "enable_seqscan": "off"}


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The tables that transactions by key have walked through, whoever began them."""
    found: set[str] = set()
    begin = Database.transaction

    @asynccontextmanager
    async def watched(self: Database, *, settings: Mapping[str, str] = {}, **options: Any) -> AsyncIterator[Connection]:
        async with begin(self, settings=settings, **options) as connection:
            # Of those that the session keeps none was made under this setting.
            await connection.execute("DISCARD PLANS")
            before = {tuple(row) for row in await connection.fetch(_WALKS)}
            yield connection
            if BY_KEY.items() <= settings.items():
                now = {tuple(row) for row in await connection.fetch(_WALKS)}
                found.update(str(table) for table, _ in now - before)

    monkeypatch.setattr(Database, "transaction", watched)
    monkeypatch.setattr(commands, "BY_KEY", _BY_KEY)
    return found


async def test_no_statement_of_a_round_walks_through_a_table(ledger: InProcess, walked: set[str]) -> None:
    facts = Sample.of(ledger.platform.city).facts
    done = set()
    for move, body in BODIES.items():
        hazard = await Rows(ledger).hazard(*BEFORE[move])(ledger.database, facts)
        for who in PEOPLE:
            key = secrets.token_hex(8)
            answer = await ledger.post(str(hazard.number), move, body, who, **{"Idempotency-Key": key})
            if answer.is_success:
                again = await ledger.post(str(hazard.number), move, body, who, **{"Idempotency-Key": key})
                assert again.content == answer.content
                done.add(move)
                break
    assert done == BODIES.keys()
    assert walked == set()


async def test_one_that_does_is_seen(ledger: InProcess, walked: set[str]) -> None:
    await ledger.registered()
    async with ledger.database.transaction(settings=_BY_KEY) as connection:
        await connection.fetch("SELECT FROM hazard WHERE description = '未及时校验'")
    assert walked == {"hazard"}
