"""The relay's deletions wait for no disk; whatever else is written does, also on the session that the relay had."""

from __future__ import annotations

import pytest

from services.chassis.process.clock import SystemClock
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.relay import Relay
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually

pytestmark = pytest.mark.promise("P2")
NOTED = """
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO effect (reference, event_id) VALUES (TG_OP, current_setting('synchronous_commit'));
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER note BEFORE INSERT OR DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION note()"""


async def test_only_the_relays_deletions_may_be_lost_by_a_crash(in_process: InProcess) -> None:
    database = in_process.database
    async with database.acquire() as connection:
        await connection.execute(NOTED)
    relay = Relay(database=database, bootstrap=in_process.bootstrap, service="test", clock=SystemClock())
    await in_process.append([OutboxMessage(f"{in_process.prefix}out", b"K", b"1", [])])
    async with working(relay.run):
        await eventually(lambda: _is_empty(in_process))
    said = await in_process.value("SELECT array_agg(reference || ' ' || event_id ORDER BY position) FROM effect")
    assert said == ["INSERT on", "DELETE off"]
    # Every session of the pool, whichever the relay had.
    sessions = [await database.pool.acquire() for _ in range(database.pool.get_size())]
    assert {await each.fetchval("SHOW synchronous_commit") for each in sessions} == {"on"}
    for each in sessions:
        await database.pool.release(each)


async def _is_empty(in_process: InProcess) -> None:
    assert await in_process.value("SELECT count(*) FROM outbox") == 0
