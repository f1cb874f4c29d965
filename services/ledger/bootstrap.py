"""The slices of the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.chassis.assembly import Part, Platform, assemble, open_platform
from services.chassis.process.clock import Clock
from services.chassis.process.service import Service
from services.ledger.accidents.wire import wire as accidents
from services.ledger.accountability.wire import wire as accountability
from services.ledger.assignments.wire import wire as assignments
from services.ledger.checkpoints.handlers.keys import UnusableKey, fresh_key, keys_of
from services.ledger.checkpoints.wire import wire as checkpoints
from services.ledger.claims.handlers.arrivals import silence_of
from services.ledger.claims.wire import wire as claims
from services.ledger.criteria.wire import wire as criteria
from services.ledger.findings.wire import wire as findings
from services.ledger.freshness.wire import wire as freshness
from services.ledger.gathering.wire import wire as gathering
from services.ledger.groups.wire import wire as groups
from services.ledger.hazards.wire import wire as hazards
from services.ledger.history.wire import wire as history
from services.ledger.insiders.wire import wire as insiders
from services.ledger.listings.wire import wire as listings
from services.ledger.lookbacks.wire import wire as lookbacks
from services.ledger.mechanisms.wire import wire as mechanisms
from services.ledger.referrals.wire import wire as referrals
from services.ledger.rewards.wire import wire as rewards
from services.ledger.settings import Settings
from services.ledger.stop_orders.wire import wire as stop_orders
from services.ledger.supervision.wire import wire as supervision
from services.ledger.tips.wire import wire as tips
from services.ledger.vault.handlers.keeper import Keeper, add_key, new_keyring
from services.ledger.vault.model.keyring import UnusableKeyring

# The `duban` command keeps the vault's keys, and those of checkpoints, by these, and tells what is usual for a county; of a service it
# knows the bootstrap alone.
__all__ = [
    "MIGRATIONS",
    "NAME",
    "SLICES",
    "TITLE",
    "Keeper",
    "UnusableKey",
    "UnusableKeyring",
    "add_key",
    "build",
    "fresh_key",
    "keys_of",
    "new_keyring",
    "parts",
    "silence_of",
]

NAME: Final = "ledger"
TITLE: Final = "Duban ledger 隐患台账"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
# Tables of a slice may refer to those of an earlier one; its routes come after theirs.
SLICES: Final = {
    "hazards": hazards,
    "criteria": criteria,
    "history": history,
    "freshness": freshness,
    "gathering": gathering,
    "groups": groups,
    "claims": claims,
    "findings": findings,
    "supervision": supervision,
    "mechanisms": mechanisms,
    "tips": tips,
    "rewards": rewards,
    "insiders": insiders,
    "listings": listings,
    "accountability": accountability,
    "lookbacks": lookbacks,
    "assignments": assignments,
    "referrals": referrals,
    "checkpoints": checkpoints,
    "accidents": accidents,
    "stop_orders": stop_orders,
}


def parts(platform: Platform[Settings]) -> list[Part]:
    """Return what the slices add."""
    return [wire(platform) for wire in SLICES.values()]


async def build(settings: Settings, clock: Clock | None = None) -> Service:
    """Bring the database up to date, connect, and wire the roles; `clock` replaces the configured one in tests."""
    platform = await open_platform(
        NAME, settings, migrations=MIGRATIONS, slices=SLICES, clock=clock, max_connections=16, walled=True
    )
    return assemble(platform, parts(platform), title=TITLE)
