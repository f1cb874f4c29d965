"""责任倒查: a closure was false, and who answers for it is asked. Recorded on `ledger.hazard.v1`, in the hazard's own history.

A case names posts and units, never persons; whoever decides on persons does so elsewhere.
"""

from __future__ import annotations

import msgspec

from duban_contracts.catalogue import event
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import (
    AccountabilityResult,
    Enterprise,
    Identifier,
    LongText,
    Role,
    ShortText,
    Unit,
)
from duban_contracts.topics import TopicFamily


class HeldPost(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A post (岗位), never a person: a role, and the unit for which it is held."""

    role: Role
    unit: Unit | None = None


@event("hazard.accountability_opened.v1", family=TopicFamily.HAZARD, title_zh="责任倒查立案")
class HazardAccountabilityOpened(HazardEvent, frozen=True, kw_only=True):
    """责任倒查立案: the entry had been struck off though nothing was mended.

    `owner_unit` and `owner_post` answered for the rectification, `reviewer_posts` found it good, in that order.
    """

    case_number: Identifier
    reason: LongText
    enterprise: Enterprise
    owner_unit: Unit | None = None
    owner_post: ShortText | None = None
    reviewer_posts: tuple[HeldPost, ...] = ()


@event("hazard.accountability_concluded.v1", family=TopicFamily.HAZARD, title_zh="责任倒查结案")
class HazardAccountabilityConcluded(HazardEvent, frozen=True, kw_only=True):
    """责任倒查结案: what the case came to."""

    case_number: Identifier
    result: AccountabilityResult
    conclusion: LongText
