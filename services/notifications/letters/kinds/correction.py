"""更正函: what letters said about a deadline no longer holds, because the deadline had been entered wrongly.

It corrects the platform's own letters and is no step of a ladder, so the platform may send it by itself. A city whose
profile has no form for it recalls its letters without writing one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from duban_contracts.days import chinese_date
from duban_contracts.events.supervision import SupervisionRecalled
from services.notifications.letters.model.cause import Matter
from services.notifications.letters.model.kind import Kind, Words, Writing
from services.notifications.letters.model.supervised import hazard_matter
from services.notifications.letters.model.words import hazard_words


def _matter(event: SupervisionRecalled) -> Matter | None:
    matter = hazard_matter(event)
    return None if matter is None else replace(matter, due_on=event.corrected_to)


def _occasion(event: SupervisionRecalled) -> str:
    # Not the bare number: what begins with that is recalled with the deadline.
    return f"recalled/{event.deadline_number}"


def _words(event: SupervisionRecalled, _: Writing) -> Words:
    days = {"deadline_wrong": chinese_date(event.deadline_on), "deadline_right": chinese_date(event.corrected_to)}
    return {**days, **(hazard_words(event.hazard) if event.hazard else {})}


CORRECTION: Final = Kind(
    code="correction",
    event=SupervisionRecalled,
    matter=_matter,
    occasion=_occasion,
    words=_words,
    is_optional=True,
)
