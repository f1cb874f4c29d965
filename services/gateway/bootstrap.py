"""The slices of the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.chassis.assembly import assemble, open_platform
from services.chassis.process.service import Service
from services.gateway.intake.wire import wire as intake
from services.gateway.receipts.wire import wire as receipts
from services.gateway.settings import Settings

NAME: Final = "gateway"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
SLICES: Final = {"receipts": receipts, "intake": intake}


async def build(settings: Settings) -> Service:
    """Bring the database up to date, connect, and wire the roles; nothing runs yet."""
    platform = await open_platform(NAME, settings, migrations=MIGRATIONS, slices=list(SLICES))
    return assemble(platform, [wire(platform) for wire in SLICES.values()], title="Duban gateway 事件接入")
