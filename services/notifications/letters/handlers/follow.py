"""Note how a letter travelled: its state, and a notice where the platform must know."""

from __future__ import annotations

from datetime import datetime

from duban_contracts.events.notices import NoticeDelivered, NoticeEvent, NoticeFailed
from services.chassis.storage.database import Connection
from services.notifications.delivery.model.delivery import Fact
from services.notifications.delivery.model.rows import Settlement
from services.notifications.letters import tables
from services.notifications.letters.handlers.deps import Notices
from services.notifications.letters.model.letter import Letter, travelled


async def follow_letter(connection: Connection, settlement: Settlement, *, notices: Notices) -> None:
    """Store what a settled delivery means for its letter; publish 送达 or 失败, if it came to that.

    The letter's row lock keeps its notices in order. Raises LookupError for a letter that does not exist.
    """
    locked = await tables.lock(connection, settlement.letter_id)
    if locked is None:
        raise LookupError(f"a delivery of letter {settlement.letter_id} without the letter")
    letter = travelled(locked, settlement.states)
    if settlement.fact is None:
        await tables.save_fates(connection, [letter])
        return
    unit = notices.about([letter])
    unit.record(_notice(letter, settlement, unit.at), time=unit.at, cause=letter.thread.cause())
    await unit.write(connection)


def _notice(letter: Letter, settlement: Settlement, at: datetime) -> NoticeEvent:
    delivery = settlement.delivery
    said = {**letter.head, "occurred_at": at, "channel": delivery.channel, "attempts": delivery.attempts}
    if settlement.fact is Fact.DELIVERED:
        return NoticeDelivered(**said)
    return NoticeFailed(**said, error_code=delivery.code or "unknown")
