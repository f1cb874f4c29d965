"""Gathering put together: merging, the answers to sources, and the search for reports that look alike."""

from __future__ import annotations

from typing import Any

from duban_contracts.events.gathering import HazardMerged, HazardUnmerged
from duban_contracts.events.hazards import (
    HazardClosed,
    HazardCorrected,
    HazardRegistered,
    HazardRejected,
    HazardReopened,
)
from services.chassis.assembly import Part, Platform
from services.ledger.gathering.handlers.answer import note_decided
from services.ledger.gathering.handlers.compare import note_changed
from services.ledger.gathering.http import Deps, router
from services.ledger.gathering.jobs import comparing
from services.ledger.hazards.handlers.journal import Ledger


def wire(platform: Platform[Any]) -> Part:
    """Return the gathering's part of the ledger."""
    return Part(
        routers=[router(Deps(platform.database, Ledger.on(platform)))],
        jobs=[comparing(platform)],
        reactions={
            **dict.fromkeys((HazardRegistered, HazardCorrected, HazardMerged, HazardUnmerged), note_changed),
            **dict.fromkeys((HazardClosed, HazardRejected, HazardReopened), note_decided),
        },
    )
