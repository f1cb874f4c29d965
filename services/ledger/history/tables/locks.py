"""Advisory locks: what may not happen at the same time, beyond the rows that exist.

Writers of history share HISTORY until they commit. Whoever holds it alone for a moment knows that every
position handed out so far is committed or void. COMMANDS does the same for synchronous commands and heartbeats.
"""

from __future__ import annotations

from typing import Final

from services.chassis.storage.database import Connection
from services.chassis.storage.locks import wait_at_most

HISTORY: Final = 0x6C65_6467_0001
COMMANDS: Final = 0x6C65_6467_0002
_COMMANDS_SECONDS: Final = 0.1


async def share_history(connection: Connection) -> None:
    """Announce this transaction as a writer of history; waits while an exporter draws its horizon."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", HISTORY)


async def wait_for_writers(connection: Connection) -> None:
    """Wait until every writer of history in flight has committed; new ones wait for this transaction."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", HISTORY)


async def share_commands(connection: Connection) -> None:
    """Announce this transaction as a command and a writer of history."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock_shared($1), pg_advisory_xact_lock_shared($2)", COMMANDS, HISTORY
    )


async def wait_for_commands(connection: Connection) -> None:
    """Wait until every command in flight has committed; new ones wait for this transaction.

    Raises LockNotAvailableError after a moment: behind who waits here every new command waits, too, and a command may
    have to wait long for a hazard that somebody else holds.
    """
    await wait_at_most(connection, _COMMANDS_SECONDS)
    await connection.execute("SELECT pg_advisory_xact_lock($1)", COMMANDS)
    await wait_at_most(connection, None)
