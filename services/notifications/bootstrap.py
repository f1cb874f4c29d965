"""The slices that notifications is made of, and the channels that its letters can take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from duban_contracts.vocabulary import DELIVERY_CHANNELS
from services.chassis.assembly import Part, Platform, assemble, open_platform
from services.chassis.process.clock import Clock
from services.chassis.process.service import Service
from services.notifications.channels.model.channel import AnyChannel
from services.notifications.delivery.wire import wire as delivery
from services.notifications.letters.wire import sender
from services.notifications.letters.wire import wire as letters
from services.notifications.settings import Settings

NAME: Final = "notifications"
TITLE: Final = "Duban notifications 通知"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
# Each term of the vocabulary has a file of that name, so that a new channel is written down in no list.
CHANNELS: Final[tuple[AnyChannel, ...]] = tuple(
    import_module(f"services.notifications.channels.{term.code}").CHANNEL for term in DELIVERY_CHANNELS
)
SLICES: Final[dict[str, Callable[[Platform[Settings], Sequence[AnyChannel]], Part]]] = {
    "letters": lambda platform, _: letters(platform),
    "delivery": lambda platform, channels: delivery(platform, channels=channels, sender=sender(platform)),
}


async def build(settings: Settings, clock: Clock | None = None, channels: Sequence[AnyChannel] = CHANNELS) -> Service:
    """Bring the database up to date, connect, and wire the roles; nothing runs yet.

    Raises ProfileError for a wrong profile, and what a channel raises for settings that must not run.
    """
    platform = await open_platform(
        NAME, settings, migrations=MIGRATIONS, slices=SLICES, clock=clock, max_connections=16
    )
    return assemble(platform, parts(platform, channels), title=TITLE)


def parts(platform: Platform[Settings], channels: Sequence[AnyChannel] = CHANNELS) -> list[Part]:
    """Return what the slices add to the service."""
    return [wire(platform, channels) for wire in SLICES.values()]
