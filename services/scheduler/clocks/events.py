"""Events in: the ledger's hazard events and heartbeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection
from services.scheduler.clocks.handlers.keep import keep_clocks
from services.scheduler.clocks.handlers.keep_listings import keep_listings
from services.scheduler.clocks.model.policy import Policy
from services.scheduler.findings.handlers import note_outcomes
from services.scheduler.followups.handlers import keep_follow_ups
from services.scheduler.freshness.handlers import note_heartbeats


@dataclass(frozen=True, slots=True)
class TakeHazards:
    """Applies a batch of `ledger.hazard.v1`, in one transaction; what no longer holds is said on `topic`."""

    policy: Policy
    topic: str

    async def apply(self, connection: Connection, deliveries: Sequence[Delivery]) -> None:
        """Move the clocks, and note the heartbeats together with everything that stood ahead of them.

        What came of inspections' findings is noted on the way: the same events say it.
        """
        await keep_clocks(connection, deliveries, policy=self.policy, topic=self.topic)
        await note_outcomes(connection, deliveries)
        await keep_listings(connection, deliveries, policy=self.policy)
        await keep_follow_ups(connection, deliveries, days=self.policy.days)
        await note_heartbeats(connection, deliveries)
