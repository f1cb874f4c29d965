"""Commands of people, answered synchronously: once the transaction is committed, a read shows what they did."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial

import msgspec

from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.refusals import Caller
from services.chassis.publishing.unit_of_work import carry_out
from services.chassis.storage.database import Connection
from services.chassis.web.preconditions import Precondition
from services.ledger.hazards.handlers.journal import Journal, Ledger, writing
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.moves import decide, move_of
from services.ledger.hazards.tables.register import facts_of


@dataclass(frozen=True, slots=True)
class Order:
    """A command that somebody gives on a hazard; `expecting` is the version that it rests on.

    It is decided in the context in which it was given, so that its events and log lines carry its request's trace
    whoever else is in the transaction.
    """

    on: HazardKey
    command: msgspec.Struct
    by: Caller
    expecting: Precondition
    context: Context = field(default_factory=copy_context, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The ledger said no: why, and the hazard that it looked at, where the caller may know of it."""

    refusal: Refusal
    hazard: Hazard | None = None


async def move_hazards(connection: Connection, orders: Sequence[Order], *, ledger: Ledger) -> list[Hazard | Refused]:
    """Carry out one order or many in the caller's transaction; return each hazard as it is afterwards, or why not.

    A refusal records nothing and touches no neighbour. Orders on one hazard are carried out in turn.
    """
    newest = dict[str, int]()

    def handle(journal: Journal, order: Order) -> Hazard | Refused:
        said = order.context.run(move_hazard, journal, order)
        if isinstance(said, Hazard):
            newest[said.hazard_id] = said.version
        return said

    def as_written(journal: Journal, said: Hazard | Refused) -> Hazard | Refused:
        # With what followed from the move, such as claims that had waited for it; but nobody is told of a later order.
        if isinstance(said, Refused) or said.version < newest[said.hazard_id]:
            return said
        return journal.hazard(HazardKey(hazard_id=said.hazard_id)) or said

    return await carry_out(connection, orders, work=partial(_open, ledger=ledger), handle=handle, answer=as_written)


def move_hazard(journal: Journal, order: Order) -> Hazard | Refused:
    """Carry out one order in a journal that was told of its hazard."""
    hazard = journal.hazard(order.on)
    if hazard is None or not order.by.finds(facts_of(hazard)):
        return Refused(refusal("hazard-not-found", field="name"))
    unmet = order.expecting.unmet(hazard.version)
    if unmet is not None:
        return Refused(unmet, hazard)
    decision = decide(hazard, order.command, journal.stamp(order.by.actor, hazard))
    return Refused(decision, hazard) if isinstance(decision, Refusal) else journal.enter(decision)


def _open(connection: Connection, orders: Sequence[Order], *, ledger: Ledger) -> AbstractAsyncContextManager[Journal]:
    major = any(move_of(order.command).asks_for_criteria(order.command) for order in orders)
    return writing(connection, ledger=ledger, hazards=[order.on for order in orders], commands=True, criteria=major)
