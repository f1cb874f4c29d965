"""Rows of the trail, written: those of commands in the transaction of their effect, the others by whoever gathers them.

No effect without its row, then, and no row is waited for: a row is chained afterwards (`chassis/trail`), so that commands
that have nothing to do with each other do not wait for each other here either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec

from services.chassis.telemetry.acts import Act

FIRST_USE: Final = "access.first-use"


class Outcome(StrEnum):
    """How an act ended, as a row of the trail says it."""

    DONE = "done"
    READ = "read"
    REHEARSED = "rehearsed"
    """A dry run: it was answered what would become of it, and nothing did."""
    REPEATED = "repeated"
    """A command that was carried out before was asked for again, and got its first answer."""
    REFUSED = "refused"
    FAILED = "failed"
    """The answer was an error of ours. What its command changed, if it did, has a row of its own."""
    NOTED = "noted"
    """Something that is no request: the first use of a key, rows that were lost, what an operator did."""


class TrailRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row to be written. `times` says how many acts, alike in everything but their instant, it stands for."""

    at: datetime
    action: str
    outcome: Outcome
    account: str | None = None
    role: str | None = None
    source: str | None = None
    method: str | None = None
    route: str | None = None
    objects: list[str] = []
    events: list[str] = []
    status: int | None = None
    code: str | None = None
    reason: str | None = None
    times: int = 1
    trace: str | None = None


class Writer(Protocol):
    """A connection, as far as rows are written over it; `storage.database` stands on this module and not the other way."""

    async def execute(self, query: str, *values: Any) -> str:
        """Run a statement."""
        ...

    async def fetchval(self, query: str, *values: Any) -> Any:
        """Run a statement, and return the first value of its first row."""
        ...


# One argument whatever the number of rows; arrays within rows can't travel as columns.
_NAMES: Final = ", ".join(TrailRow.__struct_fields__)
_ROWS: Final = """json_to_recordset($1::json) AS given (
    at timestamptz, action text, outcome text, account text, role text, source text, method text, route text,
    objects text[], events text[], status integer, code text, reason text, times integer, trace text)"""


def _insert(more: str) -> str:
    return f"""
WITH added AS (INSERT INTO trail.act ({_NAMES}) SELECT {_NAMES} FROM {_ROWS} {more} RETURNING position),
     marked AS (INSERT INTO trail.unsealed (position) SELECT position FROM added)
SELECT count(*) FROM added"""  # noqa: S608 - our own columns


# A transaction that has written nothing has had no effect that a row would have to stand for.
_WRITE_EFFECTS: Final = _insert("WHERE pg_current_xact_id_if_assigned() IS NOT NULL")
# One index is unique beside the key: a credential is used for the first time once, however many processes believe to see it.
_WRITE: Final = _insert("ON CONFLICT DO NOTHING")


async def write(connection: Writer, rows: Sequence[TrailRow]) -> None:
    """Write rows in the caller's transaction, but for the first use of a credential that has its row already."""
    if rows:
        await connection.execute(_WRITE, msgspec.json.encode(rows).decode())


async def write_effects(connection: Writer, acts: Sequence[Act]) -> Sequence[Act]:
    """Write the rows of commands, as the last thing in the transaction that carries them out; return whose were written.

    Whoever was refused in a round that others share, and whoever only reads, is left to `chassis.trail`.
    """
    effective = [act for act in acts if _has_effect(act)]
    if not effective:
        return ()
    rows = msgspec.json.encode([row_of(act, Outcome.DONE, act.status) for act in effective]).decode()
    return effective if await connection.fetchval(_WRITE_EFFECTS, rows) else ()


def row_of(act: Act, outcome: Outcome, status: int | None) -> TrailRow:
    """Return the row of an act that ended so."""
    return TrailRow(
        at=act.at,
        action=act.action or "-",
        outcome=outcome,
        account=act.account,
        role=act.role,
        source=act.source,
        method=act.scope["method"],
        route=act.route,
        objects=act.named,
        events=act.events[act.told :],
        status=status,
        code=act.code,
        reason=act.reason,
        trace=act.trace,
    )


def _has_effect(act: Act) -> bool:
    if act.is_read or act.is_veiled or act.action is None:
        return False
    if act.is_committed:
        # A command of several transactions: what each of them adds has a row of its own.
        return len(act.events) > act.told
    return act.status is not None or bool(act.events) or not act.is_kept_by_answer
