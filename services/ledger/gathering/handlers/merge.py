"""归并 and 拆分: one person's command on two hazards, recorded in the histories of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.refusals import Caller
from services.chassis.storage.database import Connection
from services.chassis.web.preconditions import Precondition
from services.ledger.hazards.handlers.commands import Refused
from services.ledger.hazards.handlers.journal import Journal, Ledger, writing
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.moves import MERGE, UNMERGE, Merge, Move, Unmerge, add_source, remove_source
from services.ledger.hazards.tables.register import facts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """Somebody says that the hazard `on` is the same as `into`; `expecting` is the version of `on` that this rests on."""

    on: HazardKey
    into: HazardKey
    reason: str
    by: Caller
    expecting: Precondition


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """Somebody says that the merged hazard `on` is another than the one it was merged into."""

    on: HazardKey
    reason: str
    by: Caller
    expecting: Precondition


async def merge(connection: Connection, order: Merging, *, ledger: Ledger) -> Hazard | Refused:
    """Merge a hazard into another in the caller's transaction; return it as it is afterwards, or why not.

    Where `into` was merged itself, the hazard that goes on for it is meant: there are no chains.
    """
    async with writing(connection, ledger=ledger, hazards=[order.on, order.into], commands=True) as journal:
        return merge_in(journal, order)


async def unmerge(connection: Connection, order: Separation, *, ledger: Ledger) -> Hazard | Refused:
    """Take a merged hazard out again in the caller's transaction; return it as it is afterwards, or why not."""
    async with writing(connection, ledger=ledger, hazards=[order.on], commands=True) as journal:
        return unmerge_in(journal, order)


def merge_in(journal: Journal, order: Merging) -> Hazard | Refused:
    """Carry out a merging in a journal that was told of both hazards."""
    hazard = _found(journal, order)
    if isinstance(hazard, Refused):
        return hazard
    other = journal.hazard(order.into)
    if other is None or not order.by.finds(facts_of(other)):
        return Refused(refusal("hazard-not-found", field="into"), hazard)
    if hazard.merged_into_number is not None:
        return Refused(refusal("already-merged", number=hazard.merged_into_number), hazard)
    survivor = _survivor(journal, other, order.by, MERGE)
    if isinstance(survivor, Refusal):
        return Refused(survivor, hazard)
    command = Merge(reason=order.reason, survivor=survivor)
    decision = MERGE.make(hazard, command, journal.stamp(order.by.actor, hazard))
    if isinstance(decision, Refusal):
        return Refused(decision, hazard)
    merged = journal.enter(decision)
    journal.enter(add_source(survivor, merged, order.reason, journal.stamp(order.by.actor, survivor)))
    return merged


def unmerge_in(journal: Journal, order: Separation) -> Hazard | Refused:
    """Carry out a separation in a journal that was told of the hazard, and so of its survivor."""
    hazard = _found(journal, order)
    if isinstance(hazard, Refused):
        return hazard
    decision = UNMERGE.make(hazard, Unmerge(reason=order.reason), journal.stamp(order.by.actor, hazard))
    if isinstance(decision, Refusal):
        return Refused(decision, hazard)
    survivor = _survivor(journal, hazard, order.by, UNMERGE)
    if isinstance(survivor, Refusal):
        return Refused(survivor, hazard)
    restored = journal.enter(decision)
    journal.enter(remove_source(survivor, restored, order.reason, journal.stamp(order.by.actor, survivor)))
    return restored


def _found(journal: Journal, order: Merging | Separation) -> Hazard | Refused:
    """Return the hazard that the order is about, at the version that it rests on."""
    hazard = journal.hazard(order.on)
    if hazard is None or not order.by.finds(facts_of(hazard)):
        return Refused(refusal("hazard-not-found", field="name"))
    unmet = order.expecting.unmet(hazard.version)
    return hazard if unmet is None else Refused(unmet, hazard)


def _survivor(journal: Journal, hazard: Hazard, by: Caller, move: Move[Any]) -> Hazard | Refusal:
    """Return the hazard that goes on for `hazard`, itself unless it was merged; or why `move` doesn't touch it."""
    survivor = hazard if hazard.merged_into is None else journal.hazard(HazardKey(hazard_id=hazard.merged_into))
    if survivor is None:
        # It was merged while this transaction waited for it.
        return refusal("version-mismatch", version=hazard.version)
    if not by.finds(facts_of(survivor)):
        return refusal("merge-beyond-scope", number=survivor.number)
    return move.leaves_to_the_city(survivor, by.actor) or survivor
