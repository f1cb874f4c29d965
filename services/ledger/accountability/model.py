"""A case of accountability, and the two things that happen to it: it is opened, and concluded once."""

from __future__ import annotations

from datetime import datetime

import msgspec

from duban_contracts.events.accountability import HazardAccountabilityConcluded, HazardAccountabilityOpened
from duban_contracts.events.hazards import HazardReopened
from duban_contracts.events.types import AccountabilityResult, Enterprise, LongText
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.vocabulary import ACCOUNTABILITY_RESULTS
from services.ledger.hazards.model import Hazard, Post, facts
from services.ledger.hazards.moves import Stamp, case_of


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One case; `owner_post` is the post that the 整改方案 named, `reviewer_posts` those that found it mended.

    Where nothing was planned the owner's post is its principal's; cases of before may have none.
    """

    case_number: str
    hazard_id: str
    number: str
    county: str
    sector: str
    reason: str
    opened_at: datetime
    enterprise: Enterprise
    owner_unit: str | None
    owner_post: str | None
    reviewer_posts: tuple[Post, ...]
    result: str | None = None
    conclusion: str | None = None
    concluded_at: datetime | None = None

    @property
    def version(self) -> int:
        """How much was recorded of it: its opening, and its conclusion."""
        return 1 if self.result is None else 2


class Conclude(msgspec.Struct, frozen=True, kw_only=True):
    """结案: what the case came to, and why."""

    result: AccountabilityResult
    conclusion: LongText


def opening(before: Hazard, now: Hazard, event: HazardReopened) -> HazardAccountabilityOpened:
    """Return the opening of the case that a closure marked false makes: once each time that the hazard is reopened.

    `before` is the hazard while it was closed, with those who had reviewed it; `now` is how it stands, which may be further on
    than `event` left it.
    """
    at = max(event.occurred_at, now.changed_at)
    return case_of(before.closure, now, before.reopened_count + 1, event.reason, event.actor, at)


def conclude(case: Case, hazard: Hazard, command: Conclude, stamp: Stamp) -> HazardAccountabilityConcluded | Refusal:
    """Return 结案 of `case`, or why it is refused."""
    if case.result is not None:
        return refusal("case-concluded", result=ACCOUNTABILITY_RESULTS.name(case.result))
    if command.result not in ACCOUNTABILITY_RESULTS:
        return refusal(
            "unknown-term", field="result", title=ACCOUNTABILITY_RESULTS.title, vocabulary="accountability_results"
        )
    return HazardAccountabilityConcluded(
        hazard=facts(hazard),
        actor=stamp.actor,
        occurred_at=stamp.at,
        case_number=case.case_number,
        result=command.result,
        conclusion=command.conclusion,
    )
