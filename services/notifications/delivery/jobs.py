"""The delivery role: letters are carried, and what waits or is stuck is shown."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from services.chassis.process.clock import Clock
from services.chassis.process.periodic import every
from services.chassis.storage.database import Database, is_retryable
from services.chassis.storage.forgetting import in_rounds
from services.notifications.delivery.handlers import mailbox
from services.notifications.delivery.handlers.courier import Courier
from services.notifications.delivery.handlers.deps import Deps
from services.notifications.delivery.handlers.report import Outcome, take_message
from services.notifications.delivery.model.delivery import DeliveryState
from services.notifications.delivery.tables import forgetting, reads
from services.notifications.metrics import NOTICE_OLDEST_PENDING, NOTICE_PENDING, NOTICE_REPORTS, NOTICE_UNRESOLVED

_log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 0.3
GAUGES_SECONDS: Final = 2.0
REPORTS_SECONDS: Final = 5.0
RETURNS_SECONDS: Final = 10.0
FORGET_SECONDS: Final = 600.0
_WAITING: Final = (DeliveryState.PENDING, DeliveryState.SENDING)
_STUCK: Final = (DeliveryState.FAILED, DeliveryState.UNCERTAIN)


async def carry_letters(courier: Courier, clock: Clock, stopping: asyncio.Event) -> None:
    """Carry letters until `stopping`; those on their way are waited for."""
    try:
        work = partial(courier.carry_due, stopping)
        await every(POLL_SECONDS, work, clock=clock, stopping=stopping, name="courier")
    finally:
        await courier.finish()


async def report_gauges(database: Database, clock: Clock, channels: Iterable[str]) -> None:
    """Set the gauges from the tables; they are right after a restart too."""
    async with database.acquire() as connection:
        census = await reads.census(connection)
        oldest = await reads.oldest_pending(connection)
    counts = Counter({(channel, state): count for channel, state, count in census})
    for channel in {*channels, *(channel for channel, _, _ in census)}:
        NOTICE_PENDING.labels(channel).set(sum(counts[channel, state] for state in _WAITING))
        for state in _STUCK:
            NOTICE_UNRESOLVED.labels(channel, state).set(counts[channel, state])
        NOTICE_OLDEST_PENDING.labels(channel).set(oldest.get(channel, clock.wall()).timestamp())


async def forget_attempts(database: Database, clock: Clock, *, keep: timedelta) -> int:
    """Delete attempts begun more than `keep` ago (wall time) that another one followed; return how many.

    Each delivery keeps its last attempt, and how many there were: that a letter arrived, or did not, stands for good (promise P9).
    """
    before = clock.wall() - keep
    return await in_rounds(database, lambda connection, limit: forgetting.forget_put_off(connection, before, limit))


async def take_reports(maildir: Path, deps: Deps) -> None:
    """Take what waits in the mailbox for reports; a mail that can't be read or recorded stops no other."""
    for path in await asyncio.to_thread(mailbox.waiting, maildir):
        raw = await asyncio.to_thread(mailbox.read, path)
        if raw is None:
            continue
        outcomes = await _outcomes(path.name, raw, deps)
        for outcome in outcomes:
            NOTICE_REPORTS.labels(outcome).inc()
        if Outcome.LATER not in outcomes:
            await asyncio.to_thread(mailbox.file_away, path, flagged=Outcome.UNRECORDABLE in outcomes)


async def _outcomes(name: str, raw: bytes, deps: Deps) -> Sequence[Outcome]:
    try:
        return await take_message(raw, deps)
    except Exception as error:
        if is_retryable(error):
            raise
        _log.error("report can't be recorded", file=name, error=type(error).__name__)
        return [Outcome.UNRECORDABLE]
