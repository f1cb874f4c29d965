"""What supervision events (到期提醒, 督办逾期) say to the kinds of letter that they ask for."""

from __future__ import annotations

from duban_contracts.events.supervision import SupervisionEvent
from duban_contracts.events.types import LISTING
from services.notifications.letters.model.cause import Matter


def hazard_matter(event: SupervisionEvent) -> Matter | None:
    """Return the matter of a hazard's deadline; None where the subject is no hazard, which has letters of its own."""
    return None if event.about.kind == LISTING else matter_of(event)


def matter_of(event: SupervisionEvent) -> Matter | None:
    """Return the matter of a deadline of a hazard or its listing; None where the event tells no hazard."""
    hazard = event.hazard
    if hazard is None:
        return None
    return Matter(
        about=event.about,
        county=event.county,
        township=hazard.township,
        sector=event.sector,
        unit=event.unit,
        enterprise=hazard.enterprise_uscc,
        due_on=event.last_day or event.deadline_on,
    )
