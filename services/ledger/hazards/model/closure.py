"""Whose posts answer for a closure, as it stood: what a later plan or reviewer says changes nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import msgspec

from duban_contracts.events.accountability import HeldPost
from duban_contracts.vocabulary import ROLES
from services.chassis.access.roles import Role
from services.ledger.hazards.model.posts import Post

if TYPE_CHECKING:
    from services.ledger.hazards.model.hazard import Hazard

# Whose post answers where no 整改方案 named one, since it was mended on the spot (DOMAIN §3 row 10, 《安全生产法》 article 5).
_PRINCIPAL: Final = ROLES.name(Role.ENTERPRISE_PRINCIPAL)


class Closure(msgspec.Struct, frozen=True, kw_only=True):
    """One 销号: the unit and the post that answered for the rectification, and the posts that found it mended, in order."""

    owner_unit: str | None
    owner_post: str
    reviewers: tuple[str, ...]

    @classmethod
    def of(cls, closed: Hazard) -> Self:
        """Return the closure of a hazard that is closed."""
        posts = (closed.reviewed_post, closed.closed_post)
        return cls(
            owner_unit=closed.responsible_unit,
            owner_post=closed.responsible_post or _PRINCIPAL,
            reviewers=tuple(post for post in posts if post is not None),
        )

    @property
    def reviewer_posts(self) -> tuple[HeldPost, ...]:
        """The posts that found it mended."""
        return tuple(HeldPost(role=role, unit=unit) for role, unit in map(Post.parse, self.reviewers))
