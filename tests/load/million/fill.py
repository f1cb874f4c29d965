"""Fills a service's database, behind its real migrations, with as many rows as are asked for, made by the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.local.migrations import migrate_service
from deploy.local.settings import ROOT
from duban_contracts.profile import load_city
from services.ledger.hazards.tables import tallies
from services.ledger.hazards.tables import words as hazard_words
from tests.load import armed, armed_tasks
from tests.load.million.words import words

PROFILE: Final = ROOT / "deploy" / "profiles" / "jincheng"
_SQL: Final = Path(__file__).parent / "sql"
# As many hazards has a firm on the average.
_A_FIRM: Final = 50
_INDEXES: Final = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
 WHERE relnamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1"""
_READ_AT_ONCE: Final = 5_000
_SETTINGS: Final = {
    "synchronous_commit": "off",
    "maintenance_work_mem": "512MB",
    "work_mem": "256MB",
    "timezone": "UTC",
    # Triggers and foreign keys stay; what is generated obeys them as the service's own rows do.
    "statement_timeout": "0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many hazards, up to which instant, and what the chances begin with."""

    hazards: int
    now: datetime
    seed: int = 1


def until_now(hazards: int) -> Size:
    """Return a size whose newest hazard is of this moment."""
    return Size(hazards=hazards, now=datetime.now(UTC))


async def fill(service: str, dsn: str, size: Size, *, say: Callable[[str], None] = lambda _: None) -> None:
    """Bring a database up to date and fill it; whatever stood there stands beside."""
    await migrate_service(service, dsn)
    began = time.monotonic()
    if service == "scheduler":
        await _patterns(dsn)
    connection = await asyncpg.connect(dsn, server_settings=_SETTINGS)
    try:
        await _give_words(connection, size)
        # Sorted once at the end, indexes cost a third of what they cost row by row.
        indexes = await connection.fetch(_INDEXES)
        await connection.execute("; ".join(f"DROP INDEX {each['name']}" for each in indexes))
        await connection.execute((_SQL / f"{service}.sql").read_text(encoding="utf-8"), timeout=1800)
        if service == "ledger":
            await _read_words(connection)
        await connection.execute("; ".join(each["definition"] for each in indexes), timeout=1800)
        # Outside of a transaction, as autovacuum would have done by then: what is read from indexes alone depends on it.
        await connection.execute("VACUUM (ANALYZE)", timeout=1800)
    finally:
        await connection.close()
    say(f"{service}: {size.hazards:,} hazards in {time.monotonic() - began:.0f} s")


async def _patterns(dsn: str) -> None:
    """Let the scheduler's own verbs make one task and one clock: of their documents those of the others are copies."""
    await armed_tasks.assign(dsn, 1, prefix="million.")
    async with armed.armed(dsn) as alarms:
        await alarms.fill(0)


async def _read_words(connection: asyncpg.Connection[Any]) -> None:
    """Do at once what the ledger's job does by and by."""
    while True:
        async with connection.transaction():
            if await hazard_words.read_some(connection, _READ_AT_ONCE) < _READ_AT_ONCE:
                break
    async with connection.transaction():
        await tallies.add_up(connection)


async def _give_words(connection: asyncpg.Connection[Any], size: Size) -> None:
    city = load_city(PROFILE)
    given = words(city, firms=max(20, size.hazards // _A_FIRM), seed=size.seed)
    settings = {"hazards": size.hazards, "now": size.now.isoformat(), "seed": size.seed}
    for name, (columns, rows) in given.tables.items():
        kinds = ", ".join(
            f"{column} {'text' if isinstance(rows[0][nth], str | None) else 'integer'}"
            for nth, column in enumerate(columns)
        )
        await connection.execute(f"CREATE TEMP TABLE {name} ({kinds})")
        await connection.copy_records_to_table(name, records=rows, columns=list(columns))
        await connection.execute(f"ANALYZE {name}")
        settings[f"{name}s"] = len(rows)
    for name, value in settings.items():
        await connection.execute("SELECT set_config($1, $2, false)", f"million.{name}", str(value))
