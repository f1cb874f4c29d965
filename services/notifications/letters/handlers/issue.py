"""Issue letters: each new cause gets a number, a text and its deliveries, all in the event's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from duban_contracts.admissible.texts import made_fit
from duban_contracts.events.notices import NoticeIssued
from services.chassis.storage.database import Connection
from services.notifications.delivery.model.rows import NewDelivery, delivery_id
from services.notifications.delivery.tables import queue
from services.notifications.directory.model import Office
from services.notifications.letters import tables
from services.notifications.letters.handlers.deps import Deps
from services.notifications.letters.model import numbering
from services.notifications.letters.model.kind import LetterRequest, Writing
from services.notifications.letters.model.letter import Letter, Thread
from services.notifications.letters.model.numbering import Number, Series
from services.notifications.letters.model.ways import ways
from services.notifications.letters.model.words import letter_words

# As much as a notice takes (ShortText, Identifier).
_LONGEST_TITLE: Final = 200
_LONGEST_ID: Final = 64


@dataclass(frozen=True, slots=True)
class _Draft:
    """A letter that is written and not stored yet, and its deliveries."""

    letter: Letter
    deliveries: Sequence[NewDelivery]


async def issue_letters(connection: Connection, requests: Sequence[LetterRequest], *, deps: Deps) -> Mapping[str, int]:
    """Write one letter for each cause that has none yet; return how many of each kind were written.

    Numbers are taken under the series' row lock, in the letters' own transaction: concurrent issuers wait for
    each other and a rollback gives its numbers back, so a series has no gaps. Repetitions of a cause in
    different transactions meet at the cause's primary key, before a number is taken.
    """
    if not requests:
        return {}
    first = {each.cause: each for each in reversed(requests)}
    claimed = await tables.claim_causes(connection, sorted(first))
    new = [each for each in requests if each.cause in claimed and each is first[each.cause]]
    if not new:
        return {}
    now = deps.clock.now()
    writing = Writing(deps.city.zone.today(now), deps.city)
    series = [Series(each.kind.code, writing.today.year) for each in new]
    last = await tables.take_numbers(connection, numbering.demand(series))
    numbers = numbering.assign(series, last)
    drafts = [_draft(each, number, now, writing, deps) for each, number in zip(new, numbers, strict=True)]
    unit = deps.notices.about(draft.letter for draft in drafts)
    for draft in drafts:
        unit.record(_issued(draft), time=now, cause=draft.letter.thread.cause())
    await unit.write(connection)
    await queue.insert(connection, [delivery for draft in drafts for delivery in draft.deliveries])
    return Counter(each.kind.code for each in new)


def _draft(request: LetterRequest, place: Number, now: datetime, writing: Writing, deps: Deps) -> _Draft:
    matter, contacts = request.matter.within(deps.city), deps.contacts
    office = deps.directory.addressee(matter.county, matter.unit)
    number = place.written(contacts.letters[request.kind.code].sign)
    common = letter_words(matter, number=number, issuer=contacts.issuer, office=office, writing=writing)
    wording = deps.stationery.write(request.kind.code, common | request.words(writing))
    letter = Letter(
        letter_id=request.cause.letter_id(),
        number=number,
        place=place,
        about=matter.about,
        county=matter.county,
        township=matter.township,
        sector=matter.sector,
        unit=matter.unit or contacts.committee_office,
        enterprise=matter.enterprise,
        addressee=office.name if office else None,
        addressee_unit=office.unit if office else None,
        due_on=matter.due_on,
        title=made_fit(wording.title),
        body=wording.body,
        issued_at=now,
        thread=Thread.of(request.event),
    )
    return _Draft(letter, _deliveries(letter, office, deps))


def _deliveries(letter: Letter, office: Office | None, deps: Deps) -> Sequence[NewDelivery]:
    return [
        NewDelivery(
            delivery_id=delivery_id(letter.letter_id, channel),
            letter_id=letter.letter_id,
            channel=channel,
            address=address,
            endpoint=office.endpoint if office else None,
            number=letter.number,
            addressee=letter.addressee,
            county=letter.county,
            township=letter.township,
            sector=letter.sector,
            unit=letter.unit,
            enterprise=letter.enterprise,
            due_at=deps.clock.wall(),
        )
        for channel, address in ways(deps.contacts.letters[letter.kind].channels, office)
    ]


def _issued(draft: _Draft) -> NoticeIssued:
    """Return the 发文 event: the first of the letter's notices."""
    letter = draft.letter
    return NoticeIssued(
        **letter.head,
        occurred_at=letter.issued_at,
        title=letter.title[:_LONGEST_TITLE],
        cause=letter.thread.event[:_LONGEST_ID],
        channels=tuple(delivery.channel for delivery in draft.deliveries),
    )
