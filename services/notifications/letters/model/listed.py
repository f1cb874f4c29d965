"""What supervision events say about a listing (挂牌督办) to the kinds of letter that they ask for."""

from __future__ import annotations

from duban_contracts.admissible.texts import made_fit
from duban_contracts.events.supervision import SupervisionEvent
from duban_contracts.events.types import LISTING, Listing, ListingLevel
from duban_contracts.vocabulary import LISTING_LEVELS, UNITS
from services.notifications.letters.model.cause import Matter
from services.notifications.letters.model.kind import Words, Writing
from services.notifications.letters.model.supervised import matter_of
from services.notifications.letters.model.words import county_name, deadline_words, hazard_words, term


def listing_matter(event: SupervisionEvent) -> Matter | None:
    """Return the matter of a listing's deadline; None where the subject is none."""
    return matter_of(event) if event.about.kind == LISTING else None


def listing_words(event: SupervisionEvent, writing: Writing) -> Words:
    """Return what a letter says about a listing, its hazard and its own deadline."""
    hazard = event.hazard
    words = deadline_words(event, writing.city) | {"document": made_fit(event.about.number), "authority": ""}
    if hazard is None:
        return words
    if hazard.listing is not None:
        words["authority"] = _authority(hazard.listing, writing)
    return words | hazard_words(hazard)


def _authority(listing: Listing, writing: Writing) -> str:
    """Return what the authority that listed is called: with its county, where it is a county's."""
    area = county_name(writing.city, listing.county) if listing.county else ""
    if listing.level is ListingLevel.DEPARTMENT:
        return f"{area}{term(UNITS, listing.authority)}"
    return f"{area}{LISTING_LEVELS.name(listing.level).removeprefix('县级')}"
