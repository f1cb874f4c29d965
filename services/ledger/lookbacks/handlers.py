"""Keep the list: closures plan look-backs, look-backs and reopenings settle them, in the transaction of the move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from duban_contracts.events.hazards import HazardClosed, HazardLookBackPassed, HazardReopened
from duban_contracts.profile import Rules
from services.chassis.publishing.unit_of_work import Change, UnitOfWork
from services.chassis.storage.database import Connection
from services.ledger.lookbacks import tables
from services.ledger.lookbacks.model import Outcome, planned
from services.ledger.lookbacks.tables import Done


@dataclass(frozen=True)
class Keeper:
    """Knows the city's rules; called with the changes of a transaction."""

    rules: Rules

    async def __call__(self, connection: Connection, _: UnitOfWork[Any], changes: Sequence[Change[Any]]) -> None:
        """Write what these changes say of look-backs, in their order."""
        for change in changes:
            hazard, data = change.after.hazard, change.data
            if isinstance(data, HazardClosed):
                drawn = planned(hazard, self.rules.review.look_back, self.rules.zone)
                await tables.plan(connection, [drawn] if drawn else [])
            elif isinstance(data, HazardLookBackPassed | HazardReopened):
                outcome = Outcome.FAILED if isinstance(data, HazardReopened) else Outcome.PASSED
                await tables.settle(connection, [Done(hazard.hazard_id, outcome, data.occurred_at)])
