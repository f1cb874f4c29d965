"""A hazard (隐患) as values: what readers are shown of it, what rules need beyond that, and what events say about it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from duban_contracts.events.types import Channel, Enterprise, Evidence, Grade, HazardFacts, HazardState

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
    codes of that vocabulary.
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
    overdue: bool = False
    enterprise: Enterprise
    place: str
    description: str
    township: str | None = None
    township_code: str | None = None
    found_on: date
    suggested_grade: Grade | None = None
    registered_at: datetime
    confirmed_at: datetime | None = None
    submitted_at: datetime | None = None
    closed_at: datetime | None = None
    returned_count: int = 0
    reopened_count: int = 0
    doubts: tuple[str, ...] = ()


class Hazard(ShownHazard, frozen=True, kw_only=True, gc=False):
    """One entry of the ledger, folded from its events, with what rules need and no reader is shown.

    `reference_key` is the reference as references are compared; `reported_at` is when the report that stands reached the
    broker. `submitted_by` and `submission_digest` belong to the
    newest submission. The columns of the row follow from these fields; a new one needs its migration and its place in
    the fold.
    """

    reference_key: str
    reported_at: datetime | None = None
    changed_at: datetime
    plan_digest: bytes | None = None
    submitted_by: str | None = None
    submission_digest: bytes | None = None
    closed_by: str | None = None


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


def facts(hazard: Hazard) -> HazardFacts:
    """Return what every event of the contract says about the hazard."""
    return HazardFacts(
        hazard_id=hazard.hazard_id,
        number=hazard.number,
        county=hazard.county,
        reference=hazard.reference,
        channel=hazard.channel,
        sector=hazard.sector,
        state=hazard.state,
        grade=hazard.grade,
        responsible_unit=hazard.responsible_unit,
        deadline_on=hazard.deadline_on,
        overdue=hazard.overdue,
        township=hazard.township_code,
        enterprise_uscc=hazard.enterprise.uscc,
        doubts=hazard.doubts,
    )


def submission_digest(measures: str, completed_on: date, evidence: Sequence[Evidence]) -> bytes:
    """Return the SHA-256 by which two 整改完成 are recognised as the same submission."""
    return hashlib.sha256(msgspec.json.encode((measures, completed_on, tuple(evidence)))).digest()


def plan_digest(measures: str, responsible_post: str) -> bytes:
    """Return the SHA-256 by which two 整改方案 are recognised as the same plan."""
    return hashlib.sha256(msgspec.json.encode((measures, responsible_post))).digest()
