"""What a form records, as far as others hear of it: its digest, and its sums."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec


def digest_of(form: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a form as it was filled in, whatever the order of its fields."""
    return hashlib.sha256(msgspec.json.encode(form, order="deterministic")).hexdigest()


def figures_of(form: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers that stand at the top of a form: what is told to others. Nothing else leaves the service."""
    return {
        name: value
        for name, value in form.items()
        if isinstance(value, int | float) and value is not True and value is not False
    }
