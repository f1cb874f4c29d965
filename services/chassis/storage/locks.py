"""What a transaction sets for itself, such as how long it waits for locks; and locks on names, for a thing that may have no row yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection

_NAMES: Final = Columns[str]({"name": ("text", str)})
# Two names that share a number by chance wait for each other at worst.
_HOLD: Final = f"""
SELECT pg_advisory_xact_lock(number)
  FROM (SELECT DISTINCT hashtextextended(name, 0) AS number FROM {_NAMES.rows("named")} ORDER BY number)
    AS numbered"""  # noqa: S608 - our own columns

BY_KEY: Final = {"plan_cache_mode": "force_generic_plan"}
"""Of a transaction that finds whatever it reads and changes by key: a statement's plan is made once and kept.

Left to choose, PostgreSQL takes one that is made for the few rows of a small batch for cheaper than the one it keeps, and makes it anew
each time: a third of the processor time of an UPDATE of hazards. Not for what fills a table: a plan that was made while it was small
is kept for up to a minute, and by such a one the intake of claims took 2,312 events a second in place of 4,000."""


def waiting_at_most(seconds: float) -> dict[str, str]:
    """Return the setting by which a transaction waits no longer than this for what others hold (`wait_at_most`)."""
    # A wait of 0 would be one without an end.
    return {"lock_timeout": f"{max(1, round(seconds * 1000))}ms"}


async def wait_at_most(connection: Connection, seconds: float | None, *, whole_session: bool = False) -> None:
    """Let the transaction, or the whole session, wait for what others hold no longer than this; None: as the session began.

    What waits longer raises asyncpg's LockNotAvailableError. Whoever waits for a lock has all wait behind who come for it later, so
    that strangers wait for what one of them holds.
    """
    # SET takes no parameters.
    wait = "DEFAULT" if seconds is None else f"'{waiting_at_most(seconds)['lock_timeout']}'"
    await connection.execute(f"SET {'SESSION' if whole_session else 'LOCAL'} lock_timeout = {wait}")


async def hold_names(connection: Connection, kind: str, names: Iterable[str]) -> None:
    """Keep whoever else holds one of these names of this kind out until the transaction ends.

    Everybody takes them in one order. What the last holder committed is seen by the next statement, not by this one.
    """
    await connection.execute(_HOLD, *_NAMES.arguments({f"{kind}/{name}" for name in names}))
