"""挂牌督办提示函: the deadline of a listing is near (DOMAIN §5: "coming task"). One for each reminder of the city's policy.

A city whose profile has no form for it sends none.
"""

from __future__ import annotations

from typing import Final

from duban_contracts.events.supervision import SupervisionDueSoon
from services.notifications.letters.model.kind import Kind, Words, Writing
from services.notifications.letters.model.listed import listing_matter, listing_words
from services.notifications.letters.model.words import days_left, last_day


def _occasion(event: SupervisionDueSoon) -> str:
    return f"{event.deadline_number}/{event.days_left}"


def _words(event: SupervisionDueSoon, writing: Writing) -> Words:
    return listing_words(event, writing) | {"days": days_left(last_day(event, writing.city), writing.today)}


LISTING_PROMPT: Final = Kind(
    code="listing_prompt",
    event=SupervisionDueSoon,
    matter=listing_matter,
    occasion=_occasion,
    words=_words,
    is_optional=True,
)
