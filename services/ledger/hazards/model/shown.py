"""What readers are shown of a hazard, and what they call it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from duban_contracts.events.consultation import Tier
from duban_contracts.events.types import Channel, Enterprise, FoundBy, Grade, HazardState, Listing, StopOrder

# What a report says, and a correction says anew.
REPORTED_FIELDS: Final = (
    "channel",
    "sector",
    "enterprise",
    "place",
    "description",
    "found_on",
    "suggested_grade",
    "township",
)

# References that begin so are the ledger's own: of tips that were verified. A county takes none of them any more.
OF_TIPS: Final = "tip/"


class ShownHazard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What readers are shown of a hazard; `version` is the number of its newest event.

    Instants are UTC in domain time. `township` is what the county calls it, `township_code` the division that it is,
    where the ledger knows. `deadline_on` is the last day, inclusive. `doubts` says what in the report is doubtful, in
    codes of that vocabulary. `first_confirmed_at` is when the first of two levels confirmed it,
    `first_confirmed_grade` as what, while the second is yet to come. `criterion` is the
    clause that was cited, `criterion_version` the sector and version of the criteria it stands in. `planned_measures`, `responsible_post`,
    `funds_yuan` and `contingency` are those of the newest 整改方案; `extension_wanted_on` is the last day that somebody asked
    for and nobody has decided on; `reviewed_at` is when the first of two reviewers found the
    newest submission good. `listing` is the 挂牌督办
    that holds, `stopped` the 责令停产停业; while there is one of them the hazard can't be closed. `merged_into` is the hazard that goes on for this one, a
    `duplicate`, under `merged_into_number`; `source_count` says how many others were merged into this one.
    `sent_up_to` is who decides since `sent_up_at`, because it couldn't be solved below.
    `found_by` is the inspection that reported it, None where a county did or a tip was verified.
    """

    hazard_id: str
    number: str
    version: int
    county: str
    reference: str
    channel: Channel
    sector: str
    state: HazardState
    grade: Grade | None = None
    responsible_unit: str | None = None
    deadline_on: date | None = None
    planned_measures: str | None = None
    responsible_post: str | None = None
    funds_yuan: int | None = None
    contingency: str | None = None
    criterion: str | None = None
    criterion_version: str | None = None
    extension_wanted_on: date | None = None
    overdue: bool = False
    enterprise: Enterprise
    place: str
    description: str
    township: str | None = None
    township_code: str | None = None
    found_on: date
    suggested_grade: Grade | None = None
    registered_at: datetime
    first_confirmed_at: datetime | None = None
    first_confirmed_grade: Grade | None = None
    confirmed_at: datetime | None = None
    submitted_at: datetime | None = None
    reviewed_at: datetime | None = None
    closed_at: datetime | None = None
    looked_back_at: datetime | None = None
    returned_count: int = 0
    reopened_count: int = 0
    merged_into: str | None = None
    merged_into_number: str | None = None
    source_count: int = 0
    sent_up_to: Tier | None = None
    sent_up_at: datetime | None = None
    doubts: tuple[str, ...] = ()
    listing: Listing | None = None
    stopped: StopOrder | None = None
    found_by: FoundBy | None = None


class HazardKey(msgspec.Struct, frozen=True):
    """What somebody calls a hazard: `hazard_id` where it reads as an id, else `number`."""

    hazard_id: str | None = None
    number: str | None = None

    @classmethod
    def parse(cls, text: str) -> HazardKey:
        """Return the key that `text` is; whatever is no id is taken for a number, under which nothing may be found."""
        try:
            return cls(hazard_id=str(UUID(text)))
        except ValueError:
            return cls(number=text)
