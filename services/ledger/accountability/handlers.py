"""Opening cases when closures are marked false, and concluding them; both are events in the hazard's own history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from duban_contracts.events.accountability import HazardAccountabilityConcluded, HazardAccountabilityOpened
from duban_contracts.events.hazards import HazardReopened
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.reading import one_of
from services.chassis.access.refusals import Caller
from services.chassis.publishing.unit_of_work import Change, UnitOfWork
from services.chassis.storage.database import Connection, Database
from services.chassis.web.preconditions import Precondition
from services.ledger.accountability import tables
from services.ledger.accountability.model import Case, Conclude, conclude, opening
from services.ledger.hazards.handlers.journal import Journal, Ledger, writing
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables import register
from services.ledger.hazards.tables.register import facts_of


async def open_cases(_: Connection, unit: UnitOfWork[Any], changes: Sequence[Change[Any]]) -> None:
    """Record a case for each closure that these changes marked false, in the same transaction."""
    journal = cast("Journal", unit)
    for change in changes:
        if isinstance(change.data, HazardReopened) and change.data.false_rectification:
            before = change.before.hazard if change.before is not None else change.after.hazard
            # Others may have gone on with it since, in the same transaction: a case says how it stands, and undoes nothing.
            now = journal.hazard(HazardKey(hazard_id=before.hazard_id)) or change.after.hazard
            journal.enter(opening(before, now, change.data), change.event)


async def keep_cases(connection: Connection, _: UnitOfWork[Any], changes: Sequence[Change[Any]]) -> None:
    """Write what these changes say of cases; a case has each of its events once, in this order."""
    said = [change.data for change in changes]
    await tables.open_cases(connection, [data for data in said if isinstance(data, HazardAccountabilityOpened)])
    await tables.conclude_cases(connection, [data for data in said if isinstance(data, HazardAccountabilityConcluded)])


async def find_case(database: Database, connection: Connection, case_number: str, caller: Caller) -> Case | None:
    """Return the case of this number if its hazard exists for the caller; a foreign one is recorded as refused.

    `connection` is one of `database.reading`.
    """

    async def find(connection: Connection) -> tuple[Case, Hazard] | None:
        case = await tables.one(connection, case_number)
        hazard = None if case is None else await register.one(connection, HazardKey(hazard_id=case.hazard_id))
        return None if case is None or hazard is None else (case, hazard)

    found = await one_of(database, connection, find, lambda pair: facts_of(pair[1]), caller)
    return None if found is None else found[0]


async def conclude_case(
    connection: Connection,
    case_number: str,
    command: Conclude,
    caller: Caller,
    *,
    expecting: Precondition,
    ledger: Ledger,
) -> Case | Refusal:
    """Conclude a case in the caller's transaction; return it as it is afterwards, or why not."""
    known = await tables.one(connection, case_number)
    if known is None:
        return refusal("case-not-found", field="case")
    key = HazardKey(hazard_id=known.hazard_id)
    async with writing(connection, ledger=ledger, hazards=[key], commands=True) as journal:
        hazard = journal.hazard(key)
        # Read again: only now its hazard is held, and nobody else concludes it meanwhile.
        case = await tables.one(connection, case_number)
        if hazard is None or case is None or not caller.finds(facts_of(hazard)):
            return refusal("case-not-found", field="case")
        if unmet := expecting.unmet(case.version):
            return unmet
        decision = conclude(case, hazard, command, journal.stamp(caller.actor, hazard))
        if isinstance(decision, Refusal):
            return decision
        journal.enter(decision)
    return cast("Case", await tables.one(connection, case_number))
