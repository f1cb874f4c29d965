"""Rules that several moves share; each returns its refusal, or None where the rule is kept."""

from __future__ import annotations

from datetime import date

from duban_contracts.refusals import Refusal, refusal
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Stamp


def not_before_today(deadline_on: date, stamp: Stamp) -> Refusal | None:
    """Refuse a deadline that has passed already; the deadline's own day counts (DOMAIN §4)."""
    if deadline_on >= stamp.today:
        return None
    return refusal("deadline-in-the-past", field="deadline_on", today=stamp.today.isoformat(), zone=stamp.zone.name)


def another_reviews(hazard: Hazard, stamp: Stamp) -> Refusal | None:
    """Refuse a review by the account that submitted the rectification (S2 item 5, S4 item 24)."""
    return refusal("submitter-may-not-review") if stamp.actor.account == hazard.submitted_by else None
