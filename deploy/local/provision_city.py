"""Makes the servers ready for one city: its topics, the services' tables, the accounts' API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploy.local.settings import Settings


async def everything(settings: Settings, dsns: dict[str, str]) -> list[str]:
    """Apply topics, migrate, store keys; returns what was done, one line each."""
    return []
