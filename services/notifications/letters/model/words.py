"""What letters say, in Chinese, ready to be set into a template as plain text."""

from __future__ import annotations

from datetime import date

from duban_contracts.days import chinese_date
from duban_contracts.events.supervision import SupervisionEvent
from duban_contracts.events.types import HazardFacts
from duban_contracts.profile import City
from duban_contracts.vocabulary import GRADES, SECTORS, UNITS, Vocabulary
from services.notifications.channels.model.text import one_line
from services.notifications.directory.model import Office
from services.notifications.letters.model.cause import Matter
from services.notifications.letters.model.kind import Words, Writing


def letter_words(matter: Matter, *, number: str, issuer: str, office: Office | None, writing: Writing) -> Words:
    """Return what every letter says: its number, who writes to whom, and when."""
    county, unit = county_name(writing.city, matter.county), term(UNITS, matter.unit)
    return {
        "issuer": issuer,
        "number": number,
        "addressee": office.name if office else f"{county}{unit}",
        "county": county,
        "unit": unit,
        "date": chinese_date(writing.today),
    }


def hazard_words(hazard: HazardFacts) -> Words:
    """Return what a letter says about a hazard; numbers of county systems are foreign text."""
    return {
        "hazard_number": one_line(hazard.number),
        "reference": one_line(hazard.reference),
        "sector": term(SECTORS, hazard.sector),
        "grade": term(GRADES, hazard.grade),
    }


def deadline_words(event: SupervisionEvent) -> Words:
    """Return what a letter says about a deadline."""
    return {"deadline": chinese_date(event.deadline_on), "deadline_number": event.deadline_number}


def days_late(deadline_on: date, today: date) -> int:
    """Return the calendar days since the deadline's last day, at least 1: a letter that says "late" says how late."""
    return max(1, (today - deadline_on).days)


def county_name(city: City, code: str) -> str:
    """Return the name of a division; an unknown one is shown as its code."""
    region = city.region(code)
    return region.name if region else one_line(code)


def term(vocabulary: Vocabulary, code: str | None) -> str:
    """Return the published name of `code`; an unpublished one is shown as it came, never guessed."""
    if code is None:
        return "（未明确）"
    found = vocabulary.get(code)
    return found.name if found else one_line(code)
