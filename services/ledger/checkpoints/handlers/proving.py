"""Proofs for outsiders: that a record is under a checkpoint, and that one checkpoint has grown from another."""

from __future__ import annotations

from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.scope import Facts
from services.chassis.storage.database import Connection
from services.ledger.accidents import handlers as accidents
from services.ledger.checkpoints.handlers.growing import hashes_of
from services.ledger.checkpoints.model import note, tree
from services.ledger.checkpoints.tables import checkpoints, tiles
from services.ledger.checkpoints.tables.checkpoints import Head
from services.ledger.hazards.handlers import find_hazard as hazards


async def checkpoint(connection: Connection, size: int | None) -> str | Refusal:
    """Return the signed checkpoint of this size, or the newest."""
    found = await _signed(connection, size)
    return found if isinstance(found, Refusal) else found[1]


async def record_of_event(connection: Connection, event_id: str) -> tuple[int, Facts] | None:
    """Return the position of an event's record, and what decides who may see it; None where nothing of it is recorded."""
    found = await tiles.record_of_event(connection, event_id)
    if found is None:
        return None
    position, record = found
    # Hazards and accidents have their records in one history.
    facts = await hazards.facts_by_id(connection, record.hazard_id)
    facts = facts or await accidents.facts_by_id(connection, record.hazard_id)
    return None if facts is None else (position, facts)


async def prove_inclusion(connection: Connection, position: int, event_id: str, size: int | None) -> str | Refusal:
    """Return the proof that the record at `position` is under the checkpoint of this size, or the newest.

    The event's id stands in the proof's extra line, so that whoever has many finds the record that it is about.
    """
    found = await _signed(connection, size)
    if isinstance(found, Refusal):
        return found
    signed_size, text = found
    index = await tiles.index_of(connection, position)
    if index is None or index >= signed_size:
        return refusal("record-not-in-checkpoint", field="size", size=signed_size)
    hashes = await hashes_of(connection, tree.inclusion(index, signed_size))
    return note.inclusion_proof(index, hashes, text, about=event_id)


async def prove_consistency(connection: Connection, old: int, size: int | None) -> str | Refusal:
    """Return the proof that the checkpoint of this size, or the newest, has grown from the tree of `old` records."""
    found = await _signed(connection, size)
    if isinstance(found, Refusal):
        return found
    signed_size, text = found
    if old > signed_size:
        return refusal("checkpoint-smaller", field="old", size=signed_size, old=old)
    hashes = await hashes_of(connection, tree.consistency(old, signed_size))
    return note.consistency_proof(old, hashes, text)


async def _signed(connection: Connection, size: int | None) -> tuple[int, str] | Refusal:
    found: Head | None = await (
        checkpoints.newest(connection) if size is None else checkpoints.of_size(connection, size)
    )
    if found is None or found.note is None:
        return refusal("checkpoint-not-found", field="size")
    return found.size, found.note
