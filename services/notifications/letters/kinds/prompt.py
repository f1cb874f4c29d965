"""提示函: a hazard's deadline is near (到期提醒; DOMAIN §5: "coming task"). One for each reminder of the city's policy.

`days` counts the days left on the day of the letter, the deadline's own day included.
"""

from __future__ import annotations

from typing import Final

from duban_contracts.events.supervision import SupervisionDueSoon
from services.notifications.letters.model.kind import Kind, Words, Writing
from services.notifications.letters.model.supervised import hazard_matter
from services.notifications.letters.model.words import days_left, deadline_words, hazard_words, last_day


def _occasion(event: SupervisionDueSoon) -> str:
    return f"{event.deadline_number}/{event.days_left}"


def _words(event: SupervisionDueSoon, writing: Writing) -> Words:
    left = days_left(last_day(event, writing.city), writing.today)
    words = deadline_words(event, writing.city) | {"days": left}
    return words | (hazard_words(event.hazard) if event.hazard else {})


PROMPT: Final = Kind(code="prompt", event=SupervisionDueSoon, matter=hazard_matter, occasion=_occasion, words=_words)
