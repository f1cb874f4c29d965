"""Issue letters: each new cause gets a number, a text and its deliveries, all in the event's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.notices import NoticeIssued
from duban_contracts.events.supervision import SupervisionEvent
from duban_contracts.profile import City
from services.chassis.process.clock import Clock
from services.chassis.publishing import outbox
from services.chassis.storage.database import Connection
from services.notifications.application.announce import notice
from services.notifications.application.ports import DeliveryStore, LetterStore, Stationery
from services.notifications.domain import numbering
from services.notifications.domain.contacts import Office, routes
from services.notifications.domain.letters import ZONE, Cause, LetterKind, delivery_id, inline
from services.notifications.domain.numbering import Number, Series
from services.notifications.domain.profile import LetterProfile
from services.notifications.domain.records import LetterHead, NewDelivery, NewLetter
from services.notifications.domain.wording import facts_of


@dataclass(frozen=True, slots=True)
class Asked:
    """One event that asks for a letter."""

    cause: Cause
    event: CloudEvent
    data: SupervisionEvent


@dataclass(frozen=True, slots=True)
class LetterDesk:
    """What the desk needs to write letters."""

    city: City
    profile: LetterProfile
    stationery: Stationery
    letters: LetterStore
    deliveries: DeliveryStore
    clock: Clock
    topic_prefix: str = ""


async def issue_letters(
    connection: Connection, asked: Sequence[Asked], *, desk: LetterDesk
) -> Mapping[LetterKind, int]:
    """Write one letter for each cause that has none yet; return how many of each kind were written.

    Numbers are taken under the series' row lock, in the letters' own transaction: concurrent issuers wait for
    each other and a rollback gives its numbers back, so a series has no gaps. Repetitions of a cause in
    different transactions meet at the cause's primary key, before a number is taken.
    """
    first = {each.cause: each for each in reversed(asked)}
    claimed = await desk.letters.claim_causes(connection, sorted(first))
    new = [each for each in asked if each.cause in claimed and each is first[each.cause]]
    if not new:
        return {}
    now = desk.clock.now()
    year = now.astimezone(ZONE).year
    series = [Series(each.cause.kind, year) for each in new]
    last = await desk.letters.take_numbers(connection, numbering.demand(series))
    numbers = numbering.assign(series, last)
    letters = [_draft(each, number, now, desk) for each, number in zip(new, numbers, strict=True)]
    ways = [way for letter in letters for way in letter.routes]
    await desk.letters.insert(connection, letters)
    await desk.deliveries.insert(connection, ways, due=desk.clock.wall())
    await outbox.append(connection, [_issued(letter, desk.topic_prefix) for letter in letters])
    return Counter(each.cause.kind for each in new)


def _draft(asked: Asked, number: Number, now: datetime, desk: LetterDesk) -> NewLetter:
    cause, written = asked.cause, number.written(desk.profile.signs)
    office = desk.profile.directory.addressee(asked.data.hazard.county, asked.data.hazard.responsible_unit)
    facts = facts_of(asked.data, number=written, office=office, now=now, city=desk.city, profile=desk.profile)
    wording = desk.stationery.write(cause.kind, facts)
    return NewLetter(
        head=_head(asked, written, desk.profile.directory.committee_office),
        number=number,
        sector=asked.data.hazard.sector,
        addressee=office.name if office else None,
        addressee_unit=office.unit if office else None,
        deadline_number=asked.data.deadline_number,
        deadline_on=asked.data.deadline_on,
        title=inline(wording.title),
        body=wording.body,
        issued_at=now,
        routes=_routes(cause, office),
    )


def _head(asked: Asked, written: str, committee_office: str) -> LetterHead:
    hazard = asked.data.hazard
    return LetterHead(
        letter_id=asked.cause.letter_id(),
        number=written,
        kind=asked.cause.kind,
        hazard_id=hazard.hazard_id,
        hazard_number=hazard.number,
        county=hazard.county,
        unit=hazard.responsible_unit or committee_office,
        cause_event=asked.event.id,
        correlation=asked.event.correlationid or asked.event.id,
        traceparent=asked.event.traceparent,
    )


def _routes(cause: Cause, office: Office | None) -> list[NewDelivery]:
    letter_id = cause.letter_id()
    return [
        NewDelivery(
            delivery_id=delivery_id(letter_id, channel),
            letter_id=letter_id,
            channel=channel,
            address=address,
            endpoint=office.endpoint if office else None,
        )
        for channel, address in routes(cause.kind, office)
    ]


def _issued(letter: NewLetter, topic_prefix: str) -> outbox.OutboxMessage:
    """Return the 发文 event: the first of the letter's notices."""
    return notice(
        NoticeIssued,
        letter.head,
        topic_prefix=topic_prefix,
        version=1,
        at=letter.issued_at,
        subject=letter.title[:200],
        cause=letter.head.cause_event[:64],
        channels=tuple(way.channel for way in letter.routes),
    )
