"""What HTTP says of a case: posts and units, never persons."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from duban_contracts.events.types import Enterprise
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.ledger.accountability.model import Case


class ByCaseNumber(Cursor, frozen=True, tag="accountability"):
    """Where a page of cases ends."""

    case_number: str


class ReviewerPost(Document, frozen=True, kw_only=True):
    """A post that found the rectification good: its role and unit, and what people call it."""

    role: str
    unit: str | None
    name: str


class AccountabilityCase(Document, frozen=True, kw_only=True):
    """One case of 责任倒查; without a `result` it is open. `number` is its hazard's."""

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
    reviewer_posts: list[ReviewerPost]
    result: str | None
    conclusion: str | None
    concluded_at: datetime | None

    @classmethod
    def of(cls, case: Case) -> Self:
        """Return a case as HTTP shows it."""
        posts = [
            ReviewerPost(role=role, unit=unit, name=post.zh) for post in case.reviewer_posts for role, unit in [post]
        ]
        said = {name: getattr(case, name) for name in cls.__struct_fields__ if name != "reviewer_posts"}
        return cls(**said, reviewer_posts=posts)
