"""二级确认提示函: the first of two levels has confirmed, and the second is told that a confirmation waits (S4 item 6; SY27).

A coming task, so the platform may write by itself (DOMAIN §5). What is major is confirmed at the city (DOMAIN §10): the letter
goes to the city's office of the department whose county office was the first level, of the emergency bureau where that
was an enterprise. Anything else is confirmed in the county, whose committee's office hands it on. Each first level asks once. What
settles it (`model/confirming.py`) before the letter is out keeps it in. One that waits again, since 拆分 took its hazard out of
another, asks again where 归并 had kept the letter in (`handlers/recall.py`). A city whose profile has no form for it sends none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from duban_contracts.days import chinese_date
from duban_contracts.events.gathering import FirstLevel, HazardUnmerged
from duban_contracts.events.hazards import HazardFirstConfirmed
from duban_contracts.events.types import Grade
from duban_contracts.times import format_time
from duban_contracts.vocabulary import GRADES
from services.notifications.letters.model.cause import Matter
from services.notifications.letters.model.kind import Kind, Words, Writing
from services.notifications.letters.model.words import county_name, hazard_words, term

# Where nobody says which department it is: the one that supervises as a whole, and hosts the committee's office (DOMAIN §1).
_OF_THE_CITY: Final = "emergency_management"


Asking = HazardFirstConfirmed | HazardUnmerged


def first_level_of(event: Asking) -> FirstLevel | None:
    """Return the first level that waits behind this event, or None."""
    if isinstance(event, HazardUnmerged):
        return event.first_confirmed
    return FirstLevel(grade=event.grade, confirmed_at=event.occurred_at, unit=event.actor.unit)


def _matter(event: Asking) -> Matter | None:
    first, hazard = first_level_of(event), event.hazard
    if first is None:
        return None
    major = first.grade is Grade.MAJOR
    return Matter(
        about=hazard.as_subject(),
        county=hazard.county,
        of_city=major,
        sector=hazard.sector,
        unit=first.unit or (_OF_THE_CITY if major else None),
    )


def _occasion(event: Asking) -> str:
    first = first_level_of(event)
    assert first is not None  # noqa: S101 - an event without one is no matter of a letter
    return f"{first.grade}/{format_time(event.occurred_at)}"


def asked_at(occasion: str) -> datetime:
    """Return when a letter was asked for (UTC), from its occasion."""
    return datetime.fromisoformat(occasion.rpartition("/")[2])


def _words(event: Asking, writing: Writing) -> Words:
    first = first_level_of(event)
    assert first is not None  # noqa: S101 - an event without one is no matter of a letter
    return hazard_words(event.hazard) | {
        "grade": term(GRADES, first.grade),
        "hazard_county": county_name(writing.city, event.hazard.county),
        "first_confirmed": chinese_date(writing.city.zone.day_of(first.confirmed_at)),
    }


CONFIRMATION_PROMPT: Final[Kind[Asking]] = Kind(
    code="confirmation_prompt",
    event=(HazardFirstConfirmed, HazardUnmerged),
    matter=_matter,
    occasion=_occasion,
    words=_words,
    is_optional=True,
)
