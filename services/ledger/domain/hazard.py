"""A hazard (隐患) as the ledger knows it after its newest event."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from duban_contracts.events.types import Channel, Enterprise, Evidence, Grade, HazardFacts, HazardState


class Hazard(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the ledger, folded from its events; `version` is the number of the newest one.

    Instants are UTC in domain time. `submitted_by` and `submission_digest` belong to the newest submission.
    """

    hazard_id: str
    number: str
    county: str
    reference: str
    channel: Channel
    sector: str
    state: HazardState
    enterprise: Enterprise
    place: str
    description: str
    found_on: date
    version: int
    registered_at: datetime
    changed_at: datetime
    suggested_grade: Grade | None = None
    township: str | None = None
    grade: Grade | None = None
    responsible_unit: str | None = None
    deadline_on: date | None = None
    overdue: bool = False
    confirmed_at: datetime | None = None
    plan_digest: bytes | None = None
    submitted_at: datetime | None = None
    submitted_by: str | None = None
    submission_digest: bytes | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    returned_count: int = 0
    reopened_count: int = 0


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
    )


def submission_digest(measures: str, completed_on: date, evidence: Sequence[Evidence]) -> bytes:
    """Return the SHA-256 by which two 整改完成 are recognised as the same submission."""
    return hashlib.sha256(msgspec.json.encode((measures, completed_on, tuple(evidence)))).digest()


def plan_digest(measures: str, responsible_post: str) -> bytes:
    """Return the SHA-256 by which two 整改方案 are recognised as the same plan."""
    return hashlib.sha256(msgspec.json.encode((measures, responsible_post))).digest()
