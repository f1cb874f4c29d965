"""What HTTP says of rewards."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.ledger.rewards.model import STATES_ZH, Reward


class RewardDocument(Reward, Document, frozen=True, kw_only=True):
    """One reward; `doubles` are other claims of the same person that look like it, without saying who that is."""

    state_zh: str

    @classmethod
    def of(cls, reward: Reward) -> Self:
        """Return the document of a reward."""
        said = {name: getattr(reward, name) for name in Reward.__struct_fields__}
        return cls(**said, state_zh=STATES_ZH[reward.state])


class ByDecision(Cursor, frozen=True, tag="rewards"):
    """Where a page of rewards ends. Ids grow with time."""

    reward_id: UUID
