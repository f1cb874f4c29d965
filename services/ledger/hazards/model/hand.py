"""What is recorded beside a hazard's own moves: by whom, with its county and the day, and of which place and sector."""

from __future__ import annotations

from collections.abc import Container
from datetime import date, datetime

import msgspec

from duban_contracts.events.types import Actor
from duban_contracts.refusals import Refusal, refusal
from services.ledger.hazards.model.shown import Hazard


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, and when: `county` is the one that the account belongs to, None for the city's; `today` is the city's day."""

    actor: Actor
    county: str | None
    at: datetime
    today: date


def misplaced(
    county: str | None, sector: str | None, hazard: Hazard | None, counties: Container[str]
) -> Refusal | None:
    """Return why what is recorded can't be of this county and sector, or None: none of the city's `counties`, or another than the hazard's.

    What is not said is no contradiction. Whatever is said counts or is refused, and is never left out in silence.
    """
    if county is not None and county not in counties:
        return refusal("county-not-of-city", field="county")
    if hazard is not None and county not in {None, hazard.county}:
        return refusal("differs-from-hazard", field="county", what="县（市、区）")
    if hazard is not None and sector not in {None, hazard.sector}:
        return refusal("differs-from-hazard", field="sector", what="行业领域")
    return None
