"""The slices of statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.chassis.assembly import Part, Platform, assemble, open_platform
from services.chassis.process.service import Service
from services.statistics.ageing.wire import wire as ageing
from services.statistics.books.wire import wire as books
from services.statistics.figures.wire import wire as figures
from services.statistics.settings import Settings
from services.statistics.stream.wire import wire as stream

NAME: Final = "statistics"
TITLE: Final = "Duban statistics 统计"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
SLICES: Final = {"books": books, "stream": stream, "figures": figures, "ageing": ageing}


def parts(platform: Platform[Settings]) -> list[Part]:
    """Return what the slices add."""
    return [wire(platform) for wire in SLICES.values()]


async def build(settings: Settings) -> Service:
    """Bring the database up to date, connect, and wire the roles; nothing runs yet."""
    platform = await open_platform(NAME, settings, migrations=MIGRATIONS, slices=SLICES)
    return assemble(platform, parts(platform), title=TITLE)
