"""The slices of the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.chassis.assembly import Part, Platform, assemble, open_platform
from services.chassis.process.service import Service
from services.gateway.feed.wire import wire as feed
from services.gateway.intake.wire import wire as intake
from services.gateway.receipts.wire import wire as receipts
from services.gateway.settings import Settings
from services.gateway.vocabularies.wire import wire as vocabularies

NAME: Final = "gateway"
TITLE: Final = "Duban gateway 事件接入"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
SLICES: Final = {"receipts": receipts, "feed": feed, "intake": intake, "vocabularies": vocabularies}


def parts(platform: Platform[Settings]) -> list[Part]:
    """Return what the slices add."""
    return [wire(platform) for wire in SLICES.values()]


async def build(settings: Settings) -> Service:
    """Bring the database up to date, connect, and wire the roles; nothing runs yet."""
    platform = await open_platform(NAME, settings, migrations=MIGRATIONS, slices=SLICES)
    return assemble(platform, parts(platform), title=TITLE)
