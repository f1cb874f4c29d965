"""A hazard (隐患) as the ledger knows it: the fold of what it published (`hazard`), and what is `shown` of it."""

from __future__ import annotations

from services.ledger.hazards.model.closure import Closure
from services.ledger.hazards.model.digests import extension_digest, plan_digest, submission_digest
from services.ledger.hazards.model.hazard import evolve, facts, fold
from services.ledger.hazards.model.posts import Post
from services.ledger.hazards.model.shown import REPORTED_FIELDS, Hazard, HazardKey, ShownHazard

__all__ = [
    "REPORTED_FIELDS",
    "Closure",
    "Hazard",
    "HazardKey",
    "Post",
    "ShownHazard",
    "evolve",
    "extension_digest",
    "facts",
    "fold",
    "plan_digest",
    "submission_digest",
]
