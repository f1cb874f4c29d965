"""交办: an office gives a unit a matter to see to, with a day on which its answer is due (P3.7, P4.7)."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.types import CountyCode, DocumentNumber, Identifier, LongText, Sector, Unit
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.belonging import is_of_or_above
from services.chassis.access.roles import CITY_OFFICES, OFFICES, holds
from services.ledger.assignments.model import Assignment, AssignmentState
from services.ledger.assignments.moves.move import Made, entry
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.model.hand import Hand, misplaced

ASSIGN: Final = "assign"
ROLES: Final = OFFICES


class Assign(msgspec.Struct, frozen=True, kw_only=True):
    """交办 to `unit` of `county`: none is a department of the city, or the own county where a county's office gives it.

    `hazard` is the id or number of the hazard that it is about; its county is the only one then, and its sector the matter's.
    """

    document: DocumentNumber
    matter: LongText
    unit: Unit
    county: CountyCode | None = None
    sector: Sector | None = None
    hazard: Identifier | None = None
    due_on: date


def assign(
    command: Assign,
    assignment_id: str,
    hazard: Hazard | None,
    by: Hand,
    *,
    latest: date,
    counties: Container[str],
) -> Made | Refusal:
    """Return a new assignment, or why it is refused. A county's office gives matters within its county only.

    `latest` is the furthest day that the city allows: a typing error (2226) or 长期 (9999-12-31) would never be owed. `counties`
    are the city's: nobody of another could ever answer.
    """
    county = command.county or by.county
    if not (is_of_or_above(by.county, county) and is_of_or_above(by.county, hazard.county if hazard else county)):
        return refusal("assignment-outside-area", field="county")
    if refused := misplaced(county, command.sector, hazard, counties):
        return refused
    if command.due_on < by.today:
        return refusal("answer-day-in-the-past", field="due_on", today=by.today.isoformat())
    if command.due_on > latest:
        return refusal("answer-day-too-far", field="due_on", latest=latest.isoformat())
    made = Assignment(
        assignment_id=assignment_id,
        document=command.document,
        matter=command.matter,
        county=county,
        unit=command.unit,
        sector=hazard.sector if hazard else command.sector,
        hazard_id=hazard.hazard_id if hazard else None,
        hazard_number=hazard.number if hazard else None,
        given_by="safety_committee_office" if holds(by.actor, CITY_OFFICES) else "county_safety_committee",
        given_by_county=by.county,
        due_on=command.due_on,
        state=AssignmentState.OPEN,
        late=False,
        version=1,
    )
    return Made(made, entry(made, ASSIGN, command.matter, by))
