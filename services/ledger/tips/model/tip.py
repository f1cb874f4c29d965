"""A tip as it stands, and one record of what was done to it. Neither has a field for a person."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from duban_contracts.events.types import Enterprise
from services.ledger.vault.model.lookups import About


class TipChannel(StrEnum):
    """By which way a tip came (S2.23, P4.36, P5.18)."""

    HOTLINE = "hotline"
    """12345 热线."""
    WEB = "web"
    """网络举报."""
    LETTER = "letter"
    """来信."""
    VISIT = "visit"
    """来访."""
    DEPARTMENT = "department"
    """部门移交."""
    REFERRAL = "referral"
    """上级转办: its result is sent back by a day."""


class TipState(StrEnum):
    """Where a tip stands."""

    RECEIVED = "received"
    VERIFIED = "verified"
    UNFOUNDED = "unfounded"


STATES_ZH: Final = {
    TipState.RECEIVED: "已受理，待核查",
    TipState.VERIFIED: "查证属实",
    TipState.UNFOUNDED: "查无实据",
}


class Doing(StrEnum):
    """What was done to a tip."""

    RECEIVED = "received"
    VERIFIED = "verified"
    CORRECTED = "corrected"
    REFUTED = "refuted"
    TOLD = "told"
    ANSWERED = "answered"


class TipFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What readers are shown of a tip; instants are UTC in domain time, days are the city's.

    `has_reporter` says that an identity was sealed, not whose. `source_number` is the sender's own number (12345 工单号,
    转办文号). `told_at` is when the reporter was told last, `answered_at` when the office above was answered.
    """

    tip_id: str
    number: str
    version: int
    state: TipState
    channel: TipChannel
    county: str
    township: str | None
    sector: str
    place: str
    content: str
    enterprise: Enterprise | None
    unit: str | None
    source_number: str | None
    answer_due_on: date | None
    has_reporter: bool
    received_at: datetime
    received_by: str
    decided_at: datetime | None = None
    decided_by: str | None = None
    visited_on: date | None = None
    hazard_id: str | None = None
    hazard_number: str | None = None
    told_at: datetime | None = None
    answered_at: datetime | None = None


class Tip(TipFacts, frozen=True, kw_only=True):
    """A tip's row: `changed_at` is when something was last done to it, `erased_at` when its reporter's identity went."""

    changed_at: datetime
    erased_at: datetime | None = None

    @property
    def about(self) -> About:
        """The tip as the vault knows it."""
        return About(
            subject_id=self.tip_id,
            number=self.number,
            county=self.county,
            township=self.township,
            sector=self.sector,
        )


class TipRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to a tip, by whom and when; `text` is the content, the visit's record, or what was told."""

    tip_id: str
    version: int
    doing: Doing
    at: datetime
    account: str
    text: str
