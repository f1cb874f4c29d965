"""What HTTP says of referrals."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from msgspec import Meta

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.ledger.referrals.model import Referral
from services.ledger.referrals.tables import Position


class ReferralDocument(Referral, Document, frozen=True, kw_only=True):
    """One 移交 with what the body replied."""

    open: Annotated[bool, Meta(description="尚未反馈；在月度清单中指月末仍未反馈")]
    days_waiting: Annotated[int, Meta(description="自移交之日起已等待的天数，已反馈的算至反馈之日")]

    @classmethod
    def of(cls, referral: Referral, on: date) -> Self:
        """Return a referral as it stood at the end of the day `on`."""
        values = {name: getattr(referral, name) for name in Referral.__struct_fields__}
        return cls(**values, open=referral.was_open(on), days_waiting=referral.days_open(on))


class ByReferralDay(Cursor, frozen=True, tag="referrals"):
    """Where a page of referrals ends. The day of a referral never changes."""

    referred_on: date
    referral_id: str

    @classmethod
    def of(cls, referral: Referral) -> Self:
        """Return the cursor behind a referral."""
        return cls(referred_on=referral.referred_on, referral_id=referral.referral_id)

    @property
    def position(self) -> Position:
        """The position as the table takes it."""
        return self.referred_on, self.referral_id
