"""Give a matter, and move it on, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

import msgspec

from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.acting import Acting, Now
from services.chassis.access.belonging import is_of
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Facts
from services.chassis.publishing.envelopes import uuid7_text
from services.chassis.storage.database import Connection
from services.chassis.web.preconditions import Precondition
from services.ledger.assignments import tables
from services.ledger.assignments.model import Assignment
from services.ledger.assignments.moves import Assign, Move, assign
from services.ledger.hazards.handlers.find_hazard import find_hazard
from services.ledger.hazards.handlers.hands import hand_of
from services.ledger.hazards.handlers.sectors import own_sector


def facts_for(caller: Caller) -> Callable[[Assignment], Facts]:
    """Return what decides whether the caller may see an assignment.

    What is of no sector is the whole unit's that was given it: its accounts see it, whichever sectors they look after.
    """
    sectors = caller.scope.sector

    def facts(assignment: Assignment) -> Facts:
        sector = assignment.sector
        if sector is None and sectors and is_of(caller.unit, assignment.unit):
            sector = min(sectors)
        return Facts(county=assignment.county, sector=sector, unit=assignment.unit)

    return facts


async def give(
    connection: Connection, command: Assign, *, acting: Acting, rules: Rules, counties: Container[str]
) -> Assignment | Refusal:
    """Give a matter to a unit; return the assignment, or why not. A hazard outside the caller's scope is not there."""
    hazard = await find_hazard(connection, command.hazard, acting.caller) if command.hazard else None
    if command.hazard and hazard is None:
        return refusal("hazard-not-found", field="hazard")
    sector = command.sector if hazard else own_sector(command.sector, acting.caller.scope)
    if isinstance(sector, Refusal):
        return sector
    command = msgspec.structs.replace(command, sector=sector)
    latest = rules.bounds.latest_deadline(acting.today)
    made = assign(command, uuid7_text(), hazard, hand_of(acting), latest=latest, counties=counties)
    if isinstance(made, Refusal):
        return made
    await tables.save(connection, made)
    return made.assignment


async def move_on(
    connection: Connection,
    assignment_id: str,
    move: Move[Any],
    command: msgspec.Struct,
    *,
    expecting: Precondition,
    now: Now,
) -> Assignment | Refusal:
    """Make a move of an assignment; return it as it is then, or why not. What lies outside the scope is not there."""
    assignment = await tables.find(connection, assignment_id, lock=True)
    acting = now()
    if assignment is None or not acting.caller.finds(facts_for(acting.caller)(assignment)):
        return refusal("assignment-not-found", field="assignment_id")
    if unmet := expecting.unmet(assignment.version):
        return unmet
    history = (await tables.histories(connection, [assignment_id]))[assignment_id]
    made = move.make(assignment, command, hand_of(acting, after=history[-1].at), history)
    if isinstance(made, Refusal):
        return made
    await tables.save(connection, made)
    return made.assignment
