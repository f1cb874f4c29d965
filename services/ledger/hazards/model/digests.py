"""By what two plans, or two submissions, are recognised as the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

import msgspec

from duban_contracts.events.types import Evidence


def submission_digest(measures: str, completed_on: date, evidence: Sequence[Evidence]) -> bytes:
    """Return the SHA-256 by which two 整改完成 are recognised as the same submission."""
    return hashlib.sha256(msgspec.json.encode((measures, completed_on, tuple(evidence)))).digest()


def extension_digest(reason: str, deadline_on: date) -> bytes:
    """Return the SHA-256 by which two 申请延期 are recognised as the same request."""
    return hashlib.sha256(msgspec.json.encode((reason, deadline_on))).digest()


def plan_digest(
    measures: str, responsible_post: str, funds_yuan: int | None = None, contingency: str | None = None
) -> bytes:
    """Return the SHA-256 by which two 整改方案 are recognised as the same plan.

    One that says neither money nor contingency has the digest that it had before plans could say them.
    """
    more = () if funds_yuan is None and contingency is None else (funds_yuan, contingency)
    return hashlib.sha256(msgspec.json.encode((measures, responsible_post, *more))).digest()
