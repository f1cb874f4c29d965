"""How long a transaction that has begun waits for locks; and locks on names, for a thing that may have no row yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.chassis.storage.beginning import waiting_at_most
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection

_NAMES: Final = Columns[str]({"name": ("text", str)})
# Two names that share a number by chance wait for each other at worst.
_HOLD: Final = f"""
SELECT pg_advisory_xact_lock(number)
  FROM (SELECT DISTINCT hashtextextended(name, 0) AS number FROM {_NAMES.rows("named")} ORDER BY number)
    AS numbered"""  # noqa: S608 - our own columns


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
