"""How long persons' rows are kept, and the tombstone of what was erased."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

Years = Annotated[int, Meta(ge=1, le=100)]


class PersonalRecord(StrEnum):
    """What held persons: 一期培训 with those who attended it, or an entry of 专家库."""

    TRAINING = "training"
    EXPERT = "expert"


ZH = {PersonalRecord.TRAINING: "安全培训档案", PersonalRecord.EXPERT: "专家库条目"}
"""What each kind is called."""


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """retention.json: for how many whole years each kind is kept after it ended; what is not named is kept for good.

    A training ends on the day on which it was held, an expert's entry on its last day.
    """

    training: Years | None = None
    expert: Years | None = None

    def years(self, kind: PersonalRecord) -> int | None:
        """Return how many years a kind is kept, None for good."""
        kept: int | None = getattr(self, kind.value)
        return kept

    def over_before(self, kind: PersonalRecord, today: date) -> date | None:
        """Return the day such that what ended before it is kept no longer on `today`; None: everything is kept."""
        years = self.years(kind)
        if years is None:
            return None
        year = today.year - years
        return date(year, today.month, min(today.day, monthrange(year, today.month)[1]))

    def reason(self, kind: PersonalRecord) -> str:
        """Return why something of this kind is erased, as the tombstone says it."""
        return f"{ZH[kind]}保存{self.years(kind)}年，期限已满"


class Erased(msgspec.Struct, frozen=True):
    """Something that an owner has just erased: its id, of how many persons it spoke, and when it had ended."""

    subject_id: str
    persons: int
    ended_on: date


class Tombstone(msgspec.Struct, frozen=True, kw_only=True):
    """What is left: which rows these were by their opaque id, of how many persons, when they ended, who erased them and why."""

    kind: PersonalRecord
    subject_id: str
    persons: int
    ended_on: date
    erased_at: datetime
    erased_by: str
    reason: str
