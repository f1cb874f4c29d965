"""Rules that several moves share; each returns its refusal, or None where the rule is kept."""

from __future__ import annotations

from datetime import date

from duban_contracts.refusals import Refusal, refusal
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Stamp


def deadline_holds(deadline_on: date, stamp: Stamp) -> Refusal | None:
    """Refuse a deadline that has passed already, or lies further ahead than the city allows.

    The deadline's own day counts (DOMAIN §4). What is a typing error (2226) or 长期 (9999-12-31) is no deadline, and no
    service could compute with it.
    """
    today, latest = stamp.today, stamp.rules.bounds.latest_deadline(stamp.today)
    if deadline_on < today:
        return refusal("deadline-in-the-past", field="deadline_on", today=today.isoformat(), zone=stamp.rules.zone.name)
    if deadline_on > latest:
        return refusal("deadline-too-far", field="deadline_on", latest=latest.isoformat())
    return None


def another_reviews(hazard: Hazard, stamp: Stamp) -> Refusal | None:
    """Refuse a review by the account that submitted the rectification (S2 item 5, S4 item 24)."""
    return refusal("submitter-may-not-review") if stamp.actor.account == hazard.submitted_by else None
