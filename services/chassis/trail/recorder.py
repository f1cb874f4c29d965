"""Gathers the rows that belong to no transaction: reads, refusals, failures, and the first use of a key or token.

They are held in memory and written together: what is alike within a second is one row. What a crash takes with it is that
second, or what has gathered while the database was away; no effect is ever among it, for that has its row where it is.
Memory is bounded: beyond MOST different rows the rest is counted, and the trail says how many it lost.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import asyncpg
import msgspec
import structlog

from services.chassis.storage import trail
from services.chassis.storage.database import Database, is_retryable
from services.chassis.storage.trail import FIRST_USE, Outcome, TrailRow, row_of
from services.chassis.telemetry import metrics
from services.chassis.telemetry.acts import Act

_log = structlog.get_logger(__name__)

MOST: Final = 10_000
"""Different rows that are held at most; some 5 MiB."""
FLUSH_SECONDS: Final = 1.0
LOST: Final = "trail.rows-lost"
_MOST_CREDENTIALS: Final = 10_000
_AT_ONCE: Final = 1000
# What is wrong is the row, and it will be so the next time.
_UNFIT: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)


class Recorder:
    """The trail of one app, as far as no transaction writes it."""

    def __init__(self, database: Database, *, most: int = MOST) -> None:
        self._database = database
        self._most = most
        self._held: dict[Hashable, TrailRow] = {}
        self._met = OrderedDict[str, None]()
        self._lost = 0

    @property
    def held(self) -> list[TrailRow]:
        """What is gathered and not written yet."""
        return list(self._held.values())

    def note(self, act: Act, status: int) -> None:
        """Take in a request that has ended with `status`."""
        if act.action is None or act.is_veiled:
            return
        if act.credential is not None:
            self._meet(act, act.credential)
        outcome = _outcome(act, status)
        if outcome is None:
            return
        metrics.TRAIL_ACTS.labels(outcome).inc()
        if not (act.is_committed and outcome is Outcome.DONE):
            self._hold(row_of(act, outcome, status))

    async def flush(self) -> None:
        """Write what is held; raises what the database raises, and then holds it still."""
        if self._lost:
            lost, self._lost = self._lost, 0
            self._hold(TrailRow(at=datetime.now(UTC), action=LOST, outcome=Outcome.NOTED, times=lost), always=True)
        while self._held:
            some = dict(list(self._held.items())[:_AT_ONCE])
            await self._write(list(some.values()))
            # What came while they were written stands behind them, or was added to one of them.
            for key, written in some.items():
                if (now := self._held.pop(key)).times > written.times:
                    self._held[key] = msgspec.structs.replace(now, times=now.times - written.times)

    async def keep_up(self) -> None:
        """Flush; what waiting for the database can't mend is logged, and the rows are held: serving goes on."""
        try:
            await self.flush()
        except Exception as error:
            if is_retryable(error):
                raise
            _log.error("rows of the trail can't be written", held=len(self._held), error=repr(error))

    async def finish(self) -> None:
        """Write what is held as far as that goes: the process ends, and nobody comes back for it."""
        try:
            await self.flush()
        except Exception as error:  # noqa: BLE001 - nobody is left who could do anything about it
            _log.error("rows of the trail are lost", held=len(self._held), error=repr(error))

    async def _write(self, rows: Sequence[TrailRow]) -> None:
        """Write rows together; where the table takes one of them in no case, that one is lost and the others are written."""
        try:
            async with self._database.transaction() as connection:
                await trail.write(connection, rows)
        except _UNFIT as error:
            if len(rows) > 1:
                for row in rows:
                    await self._write([row])
                return
            self._lost += rows[0].times
            if rows[0].action != LOST:  # those it speaks of are counted
                metrics.TRAIL_LOST.inc(rows[0].times)
            _log.error("a row of the trail is lost: its table refuses it", action=rows[0].action, error=repr(error))

    def _meet(self, act: Act, credential: str) -> None:
        """Note the first use of a credential; the database knows those that other processes have met."""
        if credential in self._met:
            return
        self._met[credential] = None
        if len(self._met) > _MOST_CREDENTIALS:
            self._met.popitem(last=False)
        self._hold(
            TrailRow(
                at=act.at,
                action=FIRST_USE,
                outcome=Outcome.NOTED,
                account=act.account,
                role=act.role,
                source=act.source,
                objects=[credential],
                trace=act.trace,
            )
        )

    def _hold(self, row: TrailRow, *, always: bool = False) -> None:
        key = _key(row)
        if (known := self._held.get(key)) is not None:
            self._held[key] = msgspec.structs.replace(known, times=known.times + row.times)
        elif always or len(self._held) < self._most:
            self._held[key] = row
        else:
            self._lost += row.times
            metrics.TRAIL_LOST.inc(row.times)
            if self._lost == row.times:
                _log.error("rows of the trail are lost: the database has been away too long", held=len(self._held))


def _outcome(act: Act, status: int) -> Outcome | None:
    """Return how a request ended; None for a read of what everybody may see."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome.FAILED
    if status >= HTTPStatus.BAD_REQUEST:
        return Outcome.REFUSED
    if act.is_read:
        return Outcome.READ if act.is_protected else None
    if act.is_rehearsal:
        return Outcome.REHEARSED
    return Outcome.REPEATED if act.is_repeated else Outcome.DONE


def _key(row: TrailRow) -> Hashable:
    """Return what rows that are alike have in common: everything but instant and trace. No two with events are."""
    return (
        row.action,
        row.outcome,
        row.account,
        row.source,
        row.method,
        row.route,
        tuple(row.objects),
        tuple(row.events),
        row.status,
        row.code,
        row.reason,
    )
