"""The slices of statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.chassis.assembly import assemble, open_platform
from services.chassis.process.service import Service
from services.statistics.books.wire import wire as books
from services.statistics.figures.wire import wire as figures
from services.statistics.settings import Settings
from services.statistics.stream.wire import wire as stream

NAME: Final = "statistics"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
SLICES: Final = {"books": books, "stream": stream, "figures": figures}


async def build(settings: Settings) -> Service:
    """Bring the database up to date, connect, and wire the roles; nothing runs yet."""
    platform = await open_platform(NAME, settings, migrations=MIGRATIONS, slices=list(SLICES))
    return assemble(platform, [wire(platform) for wire in SLICES.values()], title="督办统计")
