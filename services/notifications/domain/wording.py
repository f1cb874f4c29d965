"""The facts a letter states, in Chinese, ready to be set into a template as plain text."""

from __future__ import annotations

from datetime import datetime

from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionEvent
from duban_contracts.profile import City
from duban_contracts.vocabulary import GRADES, SECTORS, UNITS, Vocabulary
from services.notifications.domain.contacts import Office
from services.notifications.domain.letters import ZONE, chinese_date, days_late, inline
from services.notifications.domain.profile import LetterProfile


def facts_of(
    event: SupervisionEvent, *, number: str, office: Office | None, now: datetime, city: City, profile: LetterProfile
) -> dict[str, str | int]:
    """Return what the templates may say: every text is one line; foreign text stays text.

    `days` is the days late (urging) or the days left, the deadline's own day included (prompt).
    """
    hazard = event.hazard
    region = city.region(hazard.county)
    county = region.name if region else hazard.county
    unit = _name(UNITS, hazard.responsible_unit)
    days = event.days_left if isinstance(event, SupervisionDueSoon) else days_late(event.deadline_on, now)
    return {
        "issuer": profile.issuer,
        "number": number,
        "addressee": office.name if office else f"{county}{unit}",
        "hazard_number": inline(hazard.number),
        "reference": inline(hazard.reference),
        "county": county,
        "sector": _name(SECTORS, hazard.sector),
        "grade": _name(GRADES, hazard.grade),
        "unit": unit,
        "deadline": chinese_date(event.deadline_on),
        "deadline_number": event.deadline_number,
        "days": days,
        "date": chinese_date(now.astimezone(ZONE).date()),
    }


def _name(vocabulary: Vocabulary, code: str | None) -> str:
    """Return the published name of `code`; an unpublished one is shown as it came, never guessed."""
    if code is None:
        return "（未明确）"
    term = vocabulary.get(code)
    return term.name if term else inline(code)
