"""What letters say, in Chinese, ready to be set into a template as plain text."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from duban_contracts.admissible.texts import made_fit
from duban_contracts.days import chinese_date
from duban_contracts.events.supervision import SupervisionEvent
from duban_contracts.events.types import HazardFacts, HazardState
from duban_contracts.profile import City
from duban_contracts.vocabulary import GRADES, SECTORS, UNITS, Vocabulary
from services.notifications.directory.model import Office
from services.notifications.letters.model.cause import Matter
from services.notifications.letters.model.kind import Words, Writing

_INSTANT: Final = timedelta(microseconds=1)


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
    """Return what a letter says about a hazard; what a county wrote stands as it wrote it."""
    return {
        "hazard_number": made_fit(hazard.number),
        "reference": made_fit(hazard.reference),
        "sector": term(SECTORS, hazard.sector),
        "grade": term(GRADES, hazard.grade),
    }


def last_day(event: SupervisionEvent, city: City) -> date:
    """Return the day that counts, as the scheduler reckoned it: the last one that is over when the deadline passes."""
    return event.last_day or city.zone.day_of(event.due_at - _INSTANT)


def deadline_words(event: SupervisionEvent, city: City) -> Words:
    """Return what a letter says about a deadline: the day that counts, the day as it was set, and why they differ."""
    counts = last_day(event, city)
    return {
        "deadline": chinese_date(counts),
        "deadline_number": event.deadline_number,
        "deadline_set": chinese_date(event.deadline_on),
        "deadline_moved": _why_moved(event) if counts != event.deadline_on else "",
        "claims": _claims(event),
    }


def _why_moved(event: SupervisionEvent) -> str:
    return "审核期间顺延" if event.moved_by_review else "按工作日历调整"


def _claims(event: SupervisionEvent) -> str:
    """Return what came in of 整改完成; an office that handed something in must not read that nothing came."""
    if event.hazard is not None and event.hazard.state is HazardState.IN_REVIEW:
        return "整改完成情况于期限届满后报送，正在审核"
    if event.returned_on is not None:
        return f"报送的整改完成情况已于{chinese_date(event.returned_on)}退回，尚未收到重新报送"
    return "尚未收到整改完成情况"


def days_late(last: date, today: date) -> int:
    """Return the calendar days since the deadline's last day, at least 1: a letter that says "late" says how late."""
    return max(1, (today - last).days)


def days_left(last: date, today: date) -> int:
    """Return the days that remain on `today`, counting the deadline's own day; 0 when it is over."""
    return max(0, (last - today).days + 1)


def county_name(city: City, code: str) -> str:
    """Return the name of a division; an unknown one is shown as its code."""
    region = city.region(code)
    return region.name if region else made_fit(code)


def term(vocabulary: Vocabulary, code: str | None) -> str:
    """Return the published name of `code`; an unpublished one is shown as it came, never guessed."""
    if code is None:
        return "（未明确）"
    found = vocabulary.get(code)
    return found.name if found else made_fit(code)
