"""The fields of a hazard: what readers are shown, what rules need beside, and what a hazard is called."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from duban_contracts.events.consultation import Tier
from duban_contracts.events.types import Channel, Enterprise, FoundBy, Grade, HazardState, Listing, StopOrder
from services.ledger.hazards.model.closure import PRINCIPAL, Closure

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


class ShownHazard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What readers are shown of a hazard; `version` is the number of its newest event.

    Instants are UTC in domain time. `township` is what the county calls it, `township_code` the division that it is,
    where the ledger knows. `deadline_on` is the last day, inclusive. `doubts` says what in the report is doubtful, in
    codes of that vocabulary. `first_confirmed_at` is when the first of two levels confirmed it,
    `first_confirmed_grade` as what, while the second is yet to come. `criterion` is the
    clause that was cited, `criterion_version` the sector and version of the criteria it stands in. `planned_measures`, `responsible_post`,
    `funds_yuan` and `contingency` are those of the newest 整改方案; `extension_wanted_on` is the last day that somebody asked
    for and nobody has decided on; `reviewed_at` is when the first of two reviewers found the newest submission good.
    `listing` is the 挂牌督办 that holds, `stopped` the 责令停产停业; while there is one of them the hazard can't be closed. `merged_into` is the hazard that goes on for this one, a
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


class Hazard(ShownHazard, frozen=True, kw_only=True, gc=False):
    """One entry of the ledger, folded from its events, with what rules need and no reader is shown.

    `reference_key` is the reference as references are compared; `reported_at` is when the report that stands reached the
    broker. `undone_closure` is the last 销号, once it was undone and while nobody found it false. `submitted_by` and
    `submission_digest` belong to the newest submission. `listing_count` counts 挂牌督办, lifted ones too, and `stop_count`
    责令停产停业. `is_of_tip`: a verified tip made it; no county reported it, and none corrects it. `merged_from` is where it
    stood when it was merged into another, at `merged_at`. The columns of the row follow from these fields; a new one needs
    its migration, and an entry in `KEEPS` of `particulars` for each event that changes it.
    """

    reference_key: str
    is_of_tip: bool = False
    reported_at: datetime | None = None
    changed_at: datetime
    first_confirmed_by: str | None = None
    first_confirmed_post: str | None = None
    confirmed_by: str | None = None
    plan_digest: bytes | None = None
    extension_asked_by: str | None = None
    extension_digest: bytes | None = None
    submitted_by: str | None = None
    submission_digest: bytes | None = None
    reviewed_by: str | None = None
    reviewed_post: str | None = None
    closed_by: str | None = None
    closed_post: str | None = None
    merged_from: HazardState | None = None
    merged_at: datetime | None = None
    undone_closure: Closure | None = None
    listing_count: int = 0
    stop_count: int = 0

    @property
    def reviewers(self) -> tuple[str, ...]:
        """The accounts that found the newest submission mended, in order; of two the first comes before 销号."""
        return _known(self.reviewed_by, self.closed_by)

    @property
    def closure(self) -> Closure:
        """Whose posts answer for it, as it stands: the unit and post that mended it, and those of its `reviewers`."""
        reviewers = _known(self.reviewed_post, self.closed_post)
        return Closure(
            owner_unit=self.responsible_unit, owner_post=self.responsible_post or PRINCIPAL, reviewers=reviewers
        )


def _known(*hands: str | None) -> tuple[str, ...]:
    return tuple(hand for hand in hands if hand is not None)


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
