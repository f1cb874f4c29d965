"""入账: the first report under a county's reference makes the hazard (DOMAIN §3 row 3)."""

from __future__ import annotations

from typing import Final

from duban_contracts.events.hazards import HazardRegistered
from duban_contracts.events.types import FoundBy, HazardFacts, HazardState
from services.chassis.access.roles import INSPECTORS, INTEGRATORS
from services.ledger.hazards.moves.move import Door, Move, Stamp
from services.ledger.hazards.moves.report import Report


class Register(Report, frozen=True, kw_only=True):
    """入账: what the report says; `hazard_id` and `number` are the ledger's own.

    `found_by` is the inspection that reports it, None where a county does.
    """

    hazard_id: str
    number: str
    county: str
    reference: str
    found_by: FoundBy | None = None


def register(command: Register, stamp: Stamp) -> HazardRegistered:
    """Return 入账 of a hazard that the ledger doesn't hold yet."""
    after = HazardFacts(
        hazard_id=command.hazard_id,
        number=command.number,
        county=command.county,
        reference=command.reference,
        channel=command.channel,
        sector=command.sector,
        state=HazardState.REPORTED,
        township=command.township_code,
        enterprise_uscc=command.enterprise.uscc,
        doubts=command.doubts,
        found_by=command.found_by,
    )
    return _register(None, command, stamp, after)


def _register(_: object, command: Register, stamp: Stamp, after: HazardFacts) -> HazardRegistered:
    return HazardRegistered(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        enterprise=command.enterprise,
        place=command.place,
        description=command.description,
        found_on=command.found_on,
        suggested_grade=command.suggested_grade,
        township=command.township,
        reported_at=stamp.received_at,
    )


REGISTER: Final = Move(
    name="register",
    zh="入账",
    summary="首次上报，入账",
    source="DOMAIN §3 row 3",
    command=Register,
    leads={None: HazardState.REPORTED},
    decide=_register,
    roles=INTEGRATORS | INSPECTORS,
    doors=frozenset({Door.CLAIM}),
)
