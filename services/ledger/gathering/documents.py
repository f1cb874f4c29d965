"""What HTTP says of hazards that are one, or may be."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from duban_contracts.events.types import Channel, Enterprise, LongText
from services.chassis.web.documents import Document
from services.ledger.gathering.model import Likeness
from services.ledger.hazards.documents import HazardDocument
from services.ledger.hazards.model import Hazard


class MergeBody(msgspec.Struct, frozen=True, kw_only=True):
    """归并: the hazard of the path is the same as the hazard `into` (id or number), which goes on for both."""

    into: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z-]+$")]
    reason: LongText


class UnmergeBody(msgspec.Struct, frozen=True, kw_only=True):
    """拆分: it is no report of the hazard into which it was merged."""

    reason: LongText


class SourceDocument(Document, frozen=True, kw_only=True):
    """One report of a hazard, as it came. `survives` says that it is the one that goes on for all."""

    hazard_id: str
    number: str
    county: str
    reference: str
    channel: Channel
    enterprise: Enterprise
    place: str
    description: str
    found_on: date
    registered_at: datetime
    survives: bool

    @classmethod
    def of(cls, hazard: Hazard) -> Self:
        """Return the document of a hazard as a source."""
        said = {name: getattr(hazard, name) for name in cls.__struct_fields__ if name != "survives"}
        return cls(**said, survives=hazard.merged_into is None)


class SourcesDocument(Document, frozen=True, kw_only=True):
    """Every report of one hazard, that of the hazard itself first; they are counted once."""

    items: list[SourceDocument]


class LikenessDocument(Document, frozen=True, kw_only=True):
    """A hazard that may be the same; `likeness` goes from 0, nothing in common, to 1."""

    likeness: float
    hazard: HazardDocument

    @classmethod
    def of(cls, found: Likeness) -> Self:
        """Return the document of a look-alike."""
        return cls(likeness=found.likeness, hazard=HazardDocument.of(found.hazard))


class LikenessesDocument(Document, frozen=True, kw_only=True):
    """The open hazards that look like one, most alike first; people decide."""

    items: list[LikenessDocument]


class PairDocument(Document, frozen=True, kw_only=True):
    """Two open hazards that look alike: the one that was registered later, and the earlier `other`."""

    likeness: float
    hazard: HazardDocument
    other: HazardDocument
