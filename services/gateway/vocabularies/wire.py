"""How the vocabularies are put together: nothing but routes over the contract and the profile."""

from __future__ import annotations

from duban_contracts.published import published
from services.chassis.assembly import Part, Platform
from services.gateway.settings import Settings
from services.gateway.vocabularies.documents import VocabularyDocument
from services.gateway.vocabularies.http import router


def wire(platform: Platform[Settings]) -> Part:
    """Return the vocabularies' part of the gateway."""
    return Part(routers=[router(list(map(VocabularyDocument.of, published(platform.city.regions))))])
