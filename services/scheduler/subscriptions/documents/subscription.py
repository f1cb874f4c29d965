"""What HTTP says of subscriptions, and what it takes to issue one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from msgspec import Meta

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.scheduler.subscriptions.model import Subscription


class SubscriptionDocument(Document, frozen=True, kw_only=True):
    """A subscription; its secret is shown once, when it is issued."""

    subscription_id: str
    name: str
    county: str | None
    unit: str | None
    issued_at: datetime
    issued_by: str
    revoked_at: datetime | None
    revoked_by: str | None

    @classmethod
    def of(cls, made: Subscription) -> Self:
        """Return a subscription as HTTP shows it."""
        return cls(**{name: getattr(made, name) for name in SubscriptionDocument.__struct_fields__})


class IssuedSubscription(Document, frozen=True, kw_only=True):
    """A new subscription with the address of its calendar, which is a secret and is not shown again."""

    subscription: SubscriptionDocument
    path: Annotated[str, Meta(description="address of the calendar on this service; whoever has it reads the tasks")]


class BySubscription(Cursor, frozen=True, kw_only=True, tag="subscriptions"):
    """Where a page of subscriptions ends."""

    subscription_id: str

    @classmethod
    def of(cls, made: Subscription) -> Self:
        """Return the cursor behind a subscription."""
        return cls(subscription_id=made.subscription_id)
