"""The tables of a service by its name, for whoever prepares databases without running the service."""

from __future__ import annotations

import importlib

from services.chassis.storage.schema import migrate


async def migrate_service(service: str, dsn: str) -> list[str]:
    """Apply what is outstanding of a service's migrations, slice by slice; return what was applied."""
    bootstrap = importlib.import_module(f"services.{service}.bootstrap")
    return await migrate(dsn, bootstrap.MIGRATIONS, bootstrap.SLICES)
