"""签收: the receiving office signs for a letter, and the principal of the enterprise that it is about."""

from __future__ import annotations

from uuid import UUID

from duban_contracts.events.notices import NoticeAcknowledged
from duban_contracts.refusals import Refusal, refusal
from services.chassis.storage.database import Connection
from services.notifications.letters import tables
from services.notifications.letters.handlers.deps import Deps
from services.notifications.letters.model.letter import Letter, Signatory, is_signed, receives


async def acknowledge_letter(connection: Connection, letter_id: UUID, *, by: Signatory, deps: Deps) -> Letter | Refusal:
    """Record once that the party of `by` signed for the letter and tell the platform once; repetitions change nothing."""
    letter = await tables.lock(connection, letter_id)
    if letter is None:
        return refusal("letter-not-found", field="letter_id")
    if not receives(letter, by, deps.directory.committee_office):
        return refusal("not-the-receiver")
    if is_signed(letter, by):
        return letter
    unit = deps.notices.about([letter])
    signed = NoticeAcknowledged(
        **letter.head,
        occurred_at=unit.at,
        acknowledged_by=by.account,
        by_enterprise=by.enterprise is not None,
    )
    after = unit.record(signed, time=unit.at, cause=letter.thread.cause())
    await unit.write(connection)
    return after
