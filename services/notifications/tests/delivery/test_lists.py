"""A page of deliveries costs what it shows, however few of all the deliveries its reader may see."""

from __future__ import annotations

from functools import partial

import asyncpg
import pytest

from services.chassis.access.scope import Scope
from services.chassis.storage.database import Connection, Database
from services.chassis.testing.plans import looked_at
from services.notifications.delivery.tables import reads

# Only how they are read matters here: no letters stand behind them.
_FILL = """
INSERT INTO delivery (delivery_id, letter_id, channel, state, pending_since, number, addressee, county, township, sector, unit,
                      enterprise)
SELECT gen_random_uuid(), gen_random_uuid(), 'email', 'delivered', now(), '1', '1', $2, $3, $4, $5, $6 FROM generate_series(1, $1)"""
MANY, FEW, SHOWN = 20_000, 5, 50
RARE = ("140521", "140521100", "mining", "fire_rescue", "91140500MA0EXAMPL1")
COMMON = ("140502", "140502100", "hazchem", "emergency_management", "91140500MA0EXAMPL2")


@pytest.mark.parametrize(
    "scope",
    [
        Scope(county=frozenset({RARE[0]})),
        Scope(township=frozenset({RARE[1]})),
        Scope(sector=frozenset({RARE[2]})),
        Scope(unit=frozenset({RARE[3]})),
        Scope(enterprise=frozenset({RARE[4]})),
    ],
    ids=["county", "township", "sector", "unit", "enterprise"],
)
async def test_who_may_see_few_deliveries_walks_past_no_others(bare: Database, database: str, scope: Scope) -> None:
    owner = await asyncpg.connect(database)
    try:
        # Foreign keys rest.
        await owner.execute("SET session_replication_role = replica")
        await owner.execute(_FILL, FEW, *RARE)
        await owner.execute(_FILL, MANY, *COMMON)
        await owner.execute("ANALYZE delivery")
    finally:
        await owner.close()

    async def a_page(connection: Connection) -> None:
        assert len(await reads.page(connection, scope, state=None, after=None, limit=SHOWN)) == FEW

    cost = await looked_at(bare, partial(a_page))
    assert cost.rows < MANY / 100
