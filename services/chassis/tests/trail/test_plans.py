"""Whatever the trail is asked by, the answer comes from an index and touches about what it shows (SY66)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import pytest

from services.chassis.storage.database import Connection, Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.testing.plans import looked_at
from services.chassis.tests.trail.example import MIGRATIONS
from services.chassis.trail import tables
from services.chassis.trail.tables import Filter

pytestmark = [pytest.mark.feature("SY66")]

ROWS: Final = 30_000
LIMIT: Final = 100
# What is asked for is frequent, rare and old, or nowhere; a walk through the whole trail touches ROWS.
FILL: Final = f"""
INSERT INTO trail.act (at, account, action, objects, events, outcome)
SELECT '2026-06-01T00:00:00Z'::timestamptz + n * interval '1 s',
       CASE WHEN n <= 20 THEN 'rare' ELSE 'account-' || n % 7 END,
       CASE WHEN n <= 20 THEN 'rare' ELSE 'action-' || n % 7 END,
       ARRAY[CASE WHEN n <= 20 THEN 'rare' WHEN n % 3 = 0 THEN 'often' ELSE 'object-' || n END],
       ARRAY[CASE WHEN n <= 20 THEN 'rare' ELSE 'event-' || n END],
       CASE WHEN n <= 20 THEN 'refused' ELSE 'read' END
  FROM generate_series(1, {ROWS}) AS n"""  # noqa: S608 - our own number
WHEN: Final = (datetime(2026, 6, 1, 3, tzinfo=UTC), datetime(2026, 6, 1, 4, tzinfo=UTC))
ASKED: Final[tuple[Mapping[str, Any], ...]] = (
    {},
    *({"account": each} for each in ("account-1", "rare", "nobody")),
    *({"object": each} for each in ("often", "object-100", "rare", "nothing")),
    *({"event": each} for each in ("event-100", "rare", "nothing")),
    *({"action": each} for each in ("action-1", "rare", "nothing")),
    *({"outcome": each} for each in ("read", "refused", "failed", "done")),
    {"since": WHEN[0], "until": WHEN[1]},
    {"action": "action-1", "outcome": "refused"},
    {"action": "action-1", "until": WHEN[0]},
)


@pytest.fixture
async def long(database: str) -> AsyncIterator[Database]:
    """A trail that is long enough to tell a plan that reads all of it from one that doesn't."""
    await migrate(database, MIGRATIONS)
    opened = await connect(database, application_name="test")
    async with opened.acquire() as connection:
        await connection.execute(FILL)
        # VACUUM sorts into the indexes of arrays what they have put aside.
        await connection.execute("VACUUM ANALYZE trail.act")
    yield opened
    await opened.close()


async def test_every_list_of_the_trail_touches_about_what_it_shows(long: Database) -> None:
    assert {name for asked in ASKED for name in asked} == set(Filter.__struct_fields__), "a filter without a plan"
    costs = {str(asked): await looked_at(long, partial(_page, wanted=Filter(**asked))) for asked in ASKED}
    assert {asked: cost for asked, cost in costs.items() if cost.rows > 10 * LIMIT} == {}


async def _page(connection: Connection, *, wanted: Filter) -> object:
    return await tables.page(connection, wanted, None, LIMIT)
