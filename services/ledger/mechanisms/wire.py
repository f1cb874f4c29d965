"""The mechanisms put together: what the profile says of them, and their route."""

from __future__ import annotations

from typing import Any

from services.chassis.assembly import Part, Platform
from services.ledger.mechanisms.handlers import load
from services.ledger.mechanisms.http import Deps, router


def wire(platform: Platform[Any]) -> Part:
    """Return the mechanisms' part of the ledger; raises ProfileError for a file that is wrong."""
    return Part(routers=[router(Deps(platform.database, load(platform.settings.profile)))])
