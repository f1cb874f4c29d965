"""A hazard (隐患) as the ledger knows it (`hazard`): a fold of the events that the ledger published of it (`folding`)."""

from __future__ import annotations

from services.ledger.hazards.model.folding import evolve, fold
from services.ledger.hazards.model.hazard import (
    REPORTED_FIELDS,
    Hazard,
    HazardKey,
    ShownHazard,
    facts,
    plan_digest,
    submission_digest,
)

__all__ = [
    "REPORTED_FIELDS",
    "Hazard",
    "HazardKey",
    "ShownHazard",
    "evolve",
    "facts",
    "fold",
    "plan_digest",
    "submission_digest",
]
