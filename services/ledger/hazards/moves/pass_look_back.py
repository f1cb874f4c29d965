"""回头看合格: somebody who hadn't reviewed it looked again, and it is still mended (DOMAIN §3 row 15). Failed, it is reopened.

Of closures a share is looked at again, by grade, so many days after (`review.look_back`). The lot is the SHA-256 of id and
closure (`hazards/model/looking_back.py`), so nobody chooses and everybody can draw again. It is due work until somebody who
neither submitted nor reviewed passes it, or it is reopened: then the hazard is rectifying, and every rate falls at once. A passed
look-back moves neither clock nor books.
"""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardLookBackPassed
from duban_contracts.events.types import HazardFacts, HazardState, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import REGULATORS, SUPERVISORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Move, Stamp


class PassLookBack(msgspec.Struct, frozen=True, kw_only=True):
    """回头看合格: how it was checked again; `review` is the check record."""

    review: LongText


def _pass_look_back(hazard: Hazard, command: PassLookBack, stamp: Stamp, after: HazardFacts) -> Decision:
    if stamp.actor.account in {hazard.submitted_by, *hazard.reviewers}:
        return refusal("reviewer-may-not-look-back")
    return HazardLookBackPassed(hazard=after, actor=stamp.actor, occurred_at=stamp.at, review=command.review)


PASS_LOOK_BACK: Final = Move(
    name="pass-look-back",
    zh="回头看合格",
    summary="回头看合格",
    source="DOMAIN §3 row 15",
    command=PassLookBack,
    leads={HazardState.CLOSED: HazardState.CLOSED},
    decide=_pass_look_back,
    roles=REGULATORS | SUPERVISORS,
    refusals=("reviewer-may-not-look-back",),
)
