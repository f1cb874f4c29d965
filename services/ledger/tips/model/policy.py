"""What a city decided about tips, `tips.json` of its profile; without the file the defaults below hold."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from duban_contracts.events.types import Grade

Amount = Annotated[int, Meta(ge=0, le=1_000_000)]


class Rewards(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the city pays for a verified tip, in whole yuan, by the hazard's grade; a major one more (P4.36, S2.23)."""

    general: Amount = 500
    major: Amount = 5000

    def of(self, grade: Grade) -> int:
        """Return what a hazard of this grade is worth."""
        return self.major if grade is Grade.MAJOR else self.general


class TipPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a city decided about tips.

    `second_release` is whether a look-up needs another officer's release, `kept_days` for how many days after a tip's end
    its reporter's identity is kept.
    """

    second_release: bool = True
    kept_days: Annotated[int, Meta(ge=30, le=36500)] = 1095
    rewards: Rewards = Rewards()
