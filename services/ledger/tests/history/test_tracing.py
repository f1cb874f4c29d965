"""Every change of a hazard can be traced to account, time and source (SY66)."""

from __future__ import annotations

import asyncpg
import pytest

from services.chassis.testing.kafka import eventually
from services.ledger.tests.world import World

pytestmark = [pytest.mark.feature("SY66")]

# What a record of the history came from: the act that recorded it, else the taking in of the claim that caused it.
_TRACED = """
SELECT history.version, history.type, act.action, act.account, act.source, act.route, act.at, act.objects
  FROM hazard_history AS history LEFT JOIN trail.act
       ON act.events @> ARRAY[history.event_id::text] OR act.events @> ARRAY[nullif(history.cause_id, '')]
 WHERE hazard_id = $1 ORDER BY version"""


async def test_a_hazards_whole_history_leads_to_who_did_it_from_where(world: World) -> None:
    hazard = await world.confirmed()
    answer = await world.submit(hazard)
    assert answer.status_code == 200, answer.text

    async def traced() -> list[asyncpg.Record]:
        return await world.pool.fetch(_TRACED, hazard["hazard_id"])

    rows = await traced()
    assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
    registered, *moves = rows
    # The county's own words on its topic: whose it is, and where in it.
    assert (registered["action"], registered["account"]) == ("events.take-in", "county-140502")
    assert registered["source"].startswith(f"{world.settings.topic_prefix}county.140502.v1/0@")
    for row in moves:
        assert row["action"].startswith("ledger.hazards."), row
        assert row["account"] is not None
        assert row["source"] == "127.0.0.1"
        assert hazard["hazard_id"] in row["objects"]

    # And the running service chains it by itself.
    async def sealed() -> None:
        waiting = await world.pool.fetchval(
            """SELECT count(*) FROM trail.unsealed JOIN trail.act USING (position) WHERE objects @> ARRAY[$1::text]""",
            hazard["hazard_id"],
        )
        assert waiting == 0

    await eventually(sealed)


async def test_reads_of_a_running_service_reach_the_trail_by_themselves(world: World) -> None:
    hazard = await world.confirmed()
    await world.get(f"/v1/hazards/{hazard['number']}")

    async def told() -> None:
        row = await world.pool.fetchrow(
            "SELECT account, source FROM trail.act WHERE objects @> ARRAY[$1::text] AND outcome = 'read'",
            hazard["number"],
        )
        assert row is not None
        assert (row["account"], row["source"]) == ("city-regulator-1", "127.0.0.1")

    await eventually(told)
