"""签收: the receiving office signs for a letter."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from duban_contracts.events.notices import NoticeAcknowledged
from services.chassis.publishing import outbox
from services.chassis.storage.database import Connection
from services.notifications.application.announce import notice
from services.notifications.application.outcome import Books
from services.notifications.domain.letters import LetterState
from services.notifications.domain.records import OpenLetter


class UnknownLetterError(LookupError):
    """There is no such letter."""


class NotTheReceiverError(PermissionError):
    """The account does not belong to the county and unit that the letter is for."""


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs: the account, its county (division code) and, where it has one, its unit."""

    account: str
    area: str
    unit: str | None


async def acknowledge_letter(
    connection: Connection, letter_id: UUID, *, by: Signatory, committee_office: str, books: Books
) -> None:
    """Record once that `by` signed for the letter and tell the platform once; repetitions change nothing.

    An account may sign if it is of the letter's own county (the city can't sign for a county) and of the
    unit the letter is for or was sent to; the county committee's office may sign for all units of its
    county. Raises UnknownLetterError and NotTheReceiverError.
    """
    letter = await books.letters.lock(connection, letter_id)
    if letter is None:
        raise UnknownLetterError(str(letter_id))
    if not _receives(letter, by, committee_office):
        raise NotTheReceiverError(by.account)
    if letter.acknowledged_at is not None:
        return
    now = books.clock.now()
    await books.letters.acknowledge(connection, letter_id, by.account, now)
    await books.letters.advance(connection, letter, LetterState.ACKNOWLEDGED, 1)
    message = notice(
        NoticeAcknowledged,
        letter.head,
        topic_prefix=books.topic_prefix,
        version=letter.version + 1,
        at=now,
        acknowledged_by=by.account,
    )
    await outbox.append(connection, [message])


def _receives(letter: OpenLetter, by: Signatory, committee_office: str) -> bool:
    units = {None, letter.head.unit, letter.addressee_unit, committee_office}
    return by.area == letter.head.county and by.unit in units
