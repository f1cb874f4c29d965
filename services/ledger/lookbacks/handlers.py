"""Keep the list: closures plan look-backs, look-backs and reopenings settle them, in the transaction of the move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duban_contracts.events.hazards import HazardClosed, HazardLookBackPassed, HazardReopened
from services.chassis.publishing.unit_of_work import Change, UnitOfWork
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import Hazard
from services.ledger.lookbacks import tables
from services.ledger.lookbacks.model import Outcome, Planned
from services.ledger.lookbacks.tables import LookBackDone


async def keep_look_backs(connection: Connection, _: UnitOfWork[Any], changes: Sequence[Change[Any]]) -> None:
    """Write what these changes say of look-backs: what is planned first, then what came of it last."""
    plans: list[Planned] = []
    done: dict[tuple[str, int], LookBackDone] = {}
    for change in changes:
        hazard, data = change.after.hazard, change.data
        if isinstance(data, HazardClosed) and data.look_back is not None:
            drawn = data.look_back
            plans.append(Planned(hazard_id=hazard.hazard_id, closure=drawn.closure, due_on=drawn.due_on))
        elif isinstance(data, HazardLookBackPassed | HazardReopened):
            one = done_by(hazard, data)
            done[one.hazard_id, one.closure] = one
    await tables.plan(connection, plans)
    await tables.settle(connection, list(done.values()))


def done_by(after: Hazard, data: HazardLookBackPassed | HazardReopened) -> LookBackDone:
    """Return what an event came to for the look-back of the closure that it is about; `after` is the hazard behind it.

    A reopening is about the closure that it undoes, which `after` counts already.
    """
    failed = isinstance(data, HazardReopened)
    return LookBackDone(
        hazard_id=after.hazard_id,
        closure=after.reopened_count if failed else after.reopened_count + 1,
        outcome=Outcome.FAILED if failed else Outcome.PASSED,
        done_at=data.occurred_at,
    )
