"""挂牌督办 told in a line: `delisted(listed(confirmed(), local(2), june(20)), local(9))`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from duban_contracts.events.hazards import HazardDelisted, HazardListed, HazardListingOverdue
from duban_contracts.events.types import Listing, ListingLevel
from duban_contracts.testing.stories import Story


def listed(story: Story, at: datetime, deadline_on: date, **fields: Any) -> Story:
    """挂牌督办 at `at` by the city's committee until `deadline_on`; `fields` replace what the listing says."""
    number = sum(isinstance(event, HazardListed) for event in story.events) + 1
    said: dict[str, Any] = {"level": ListingLevel.CITY, "authority": "safety_committee", "document": "督〔2026〕3号"}
    listing = Listing(number=number, deadline_on=deadline_on, **said | fields)
    return story.happened(HazardListed, at, {"listing": listing}, listing=listing)


def delisted(story: Story, at: datetime, *, conclusion: str = "整改到位") -> Story:
    """解除挂牌 at `at` by the authority that had listed it."""
    return story.happened(HazardDelisted, at, {"listing": None}, listing=listing_of(story), conclusion=conclusion)


def listing_overdue(story: Story, at: datetime) -> Story:
    """挂牌逾期 at `at`: of the listing that holds."""
    late = msgspec.structs.replace(listing_of(story), overdue=True)
    return story.happened(HazardListingOverdue, at, {"listing": late}, deadline_on=late.deadline_on)


def listing_of(story: Story) -> Listing:
    """Return the listing that holds; raises ValueError when there is none."""
    if story.facts.listing is None:
        raise ValueError("the story has no listing that holds: list the hazard first")
    return story.facts.listing
