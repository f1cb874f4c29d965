"""What supervision events say about a follow-up (事故整改措施, 整改评估, 回头看) to the kind of letter that they ask for."""

from __future__ import annotations

from typing import Final

from duban_contracts.admissible.texts import made_fit
from duban_contracts.days import chinese_date
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import ACCIDENT, ACCIDENT_MEASURE, LOOK_BACK
from duban_contracts.vocabulary import SECTORS, SUBJECT_KINDS
from services.notifications.letters.model.cause import Matter
from services.notifications.letters.model.kind import Words, Writing
from services.notifications.letters.model.words import last_day, term

_FOLLOW_UPS: Final = frozenset({ACCIDENT, ACCIDENT_MEASURE, LOOK_BACK})


def follow_up_matter(event: SupervisionOverdue) -> Matter | None:
    """Return the matter of a follow-up's day; None where the subject is none."""
    if event.about.kind not in _FOLLOW_UPS:
        return None
    return Matter(
        about=event.about,
        county=event.county,
        of_city=event.of_city,
        sector=event.sector,
        unit=event.unit,
        due_on=event.last_day or event.deadline_on,
    )


def follow_up_words(event: SupervisionOverdue, writing: Writing) -> Words:
    """Return what a letter says about a follow-up and its last day."""
    return {
        "subject": term(SUBJECT_KINDS, event.about.kind),
        "subject_number": made_fit(event.about.number),
        "sector": term(SECTORS, event.sector),
        "deadline": chinese_date(last_day(event, writing.city)),
    }
