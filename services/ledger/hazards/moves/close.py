"""销号: a regulator who isn't the submitter checked it and strikes the entry off (S2.5, S2.9, S4.24; DOMAIN §3 row 11).

Whoever submitted doesn't review. Of the grades in `review.two_reviewers` of `city.json` (as delivered: major) the first `close`
records 初审通过 and the hazard stays in review; another account's strikes it off, for a major one the city's. A return takes the
first review back.
"""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardClosed, HazardReviewed
from duban_contracts.events.types import Grade, HazardFacts, HazardState, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import CITY_REGULATORS, REGULATORS, holds
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.model.looking_back import planned
from services.ledger.hazards.moves.authority import no_listing_holds, no_stop_holds
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import another_reviews, list_is_whole


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """销号: the reviewer checked it; `review` says how."""

    review: LongText


def _close(hazard: Hazard, command: Close, stamp: Stamp, after: HazardFacts) -> Decision:
    # Who was the first stays that, whatever the grade or the policy has become since, and however many are asked for.
    if stamp.actor.account in hazard.reviewers:
        return refusal("same-reviewer")
    if refused := another_reviews(hazard, stamp, CLOSE.zh) or no_listing_holds(hazard) or no_stop_holds(hazard):
        return refused
    if not list_is_whole(hazard, hazard.grade, stamp.rules):
        return refusal("plan-required", move=CLOSE.zh)
    if len(hazard.reviewers) + 1 < CLOSE.hands(hazard.grade, stamp.rules):
        # The first of two: what it was checked as stands, and another strikes it off.
        before = msgspec.structs.replace(after, state=hazard.state)
        return HazardReviewed(hazard=before, actor=stamp.actor, occurred_at=stamp.at, review=command.review)
    if hazard.grade is Grade.MAJOR and not holds(stamp.actor, CITY_REGULATORS):
        return refusal("city-regulator-required", field="grade", move=CLOSE.zh)
    look_back = planned(hazard, stamp.today, stamp.rules.review.look_back)
    return HazardClosed(
        hazard=after, actor=stamp.actor, occurred_at=stamp.at, review=command.review, look_back=look_back
    )


CLOSE: Final = Move(
    name="close",
    zh="销号",
    summary="审核通过，销号",
    source="DOMAIN §3 row 11",
    command=Close,
    leads={HazardState.IN_REVIEW: HazardState.CLOSED},
    # Two check what is major; a county's regulator may be the first of them (DOMAIN §10), the city closes.
    hands=lambda grade, rules: 2 if grade in rules.review.two_reviewers else 1,
    otherwise={HazardState.IN_REVIEW: HazardState.IN_REVIEW},
    decide=_close,
    roles=REGULATORS,
    refusals=(
        "same-reviewer",
        "submitter-may-not-review",
        "listing-not-lifted",
        "stop-not-lifted",
        "plan-required",
        "city-regulator-required",
    ),
)
