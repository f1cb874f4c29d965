"""挂牌督办督促函: the deadline of a listing passed before the authority lifted it (SY45; S2 item 5: 约谈 follows slow mending).

It says which step of the ladder would be next; an authorised person takes that step (DOMAIN §5). One for each deadline of a
listing. A city whose profile has no form for it sends none.
"""

from __future__ import annotations

from typing import Final

from duban_contracts.events.supervision import SupervisionOverdue
from services.notifications.letters.model.kind import Kind, Words, Writing
from services.notifications.letters.model.listed import listing_matter, listing_words
from services.notifications.letters.model.words import days_late, last_day


def _occasion(event: SupervisionOverdue) -> str:
    return str(event.deadline_number)


def _words(event: SupervisionOverdue, writing: Writing) -> Words:
    return listing_words(event, writing) | {"days": days_late(last_day(event, writing.city), writing.today)}


LISTING_URGING: Final = Kind(
    code="listing_urging",
    event=SupervisionOverdue,
    matter=listing_matter,
    occasion=_occasion,
    words=_words,
    is_optional=True,
)
