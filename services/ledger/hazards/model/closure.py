"""Whose posts answer for a closure, as it stood: what a later plan or reviewer says changes nothing of it."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.accountability import HeldPost
from duban_contracts.vocabulary import ROLES
from services.chassis.access.roles import Role
from services.ledger.hazards.model.posts import Post

# Whose post answers where no 整改方案 named one, since it was mended on the spot (DOMAIN §3 row 10, 《安全生产法》 article 5).
PRINCIPAL: Final = ROLES.name(Role.ENTERPRISE_PRINCIPAL)


class Closure(msgspec.Struct, frozen=True, kw_only=True):
    """One 销号: the unit and the post that answered for the rectification, and the posts that found it mended, in order."""

    owner_unit: str | None
    owner_post: str
    reviewers: tuple[str, ...]

    @property
    def reviewer_posts(self) -> tuple[HeldPost, ...]:
        """The posts that found it mended."""
        return tuple(HeldPost(role=role, unit=unit) for role, unit in map(Post.parse, self.reviewers))
