"""Raise alarms: once for each deadline that passed, and reminders ahead of it (promise P3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from duban_contracts.cloudevents import CloudEvent
from services.chassis.process.clock import Clock
from services.chassis.process.failpoints import reach
from services.chassis.publishing import outbox
from services.chassis.storage.database import Connection, Database
from services.scheduler import metrics
from services.scheduler.alarms import tables
from services.scheduler.alarms.model import Alarm, AlarmState, Kind


@dataclass(frozen=True, slots=True)
class Known:
    """How far a source's subjects are known: one reading, so that no two parts of it are of different moments.

    Everything that could excuse a deadline before `through` (domain time) is here; None when nothing may be raised yet.
    About the subjects `in_doubt` nothing may be said, because something is missing.
    """

    through: datetime | None
    in_doubt: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """One kind of subject whose alarms are raised, and what only its owner can say. All run in the transaction.

    `known` says how far everything that could excuse a deadline is known. `tell` gives the events that say the raised alarms, in order, with facts as they are now;
    the facts change more often than alarms do, so they stand with their owner and not in every alarm. `urges` says
    that its owner plans a reminder after the deadline, too.

    `hold` is for an owner whose `tell` changes the subjects: it locks those of these ids that nobody else holds, before
    any alarm is, and returns them. Then all who change a subject lock it before its alarms, and none waits for another.
    """

    subject_kind: str
    topic: str
    known: Callable[[Connection], Awaitable[Known]]
    tell: Callable[[Connection, Sequence[Alarm]], Awaitable[Sequence[CloudEvent]]]
    urges: bool = False
    hold: Callable[[Connection, Sequence[str]], Awaitable[Sequence[str]]] | None = None


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of raising."""

    database: Database
    clock: Clock


async def raise_passed(source: Source, *, deps: Deps) -> int:
    """Raise one batch of deadlines that passed, as far as everything is known; return how many.

    One transaction marks the alarms raised and writes their events to the outbox.
    """
    async with deps.database.transaction() as connection:
        known = await source.known(connection)
        if known.through is None:
            return 0
        now = deps.clock.now()
        raised = await tables.claim_overdue(
            connection,
            source.subject_kind,
            now=now,
            known_through=known.through,
            in_doubt=known.in_doubt,
            held=await _held(connection, source, Kind.OVERDUE, now, known),
        )
        reach("scheduler.claimed")
        await _send(connection, source, raised)
        reach("scheduler.appended")
    _measure(source, raised, deps.clock)
    return len(raised)


async def remind(source: Source, kind: Kind, *, deps: Deps) -> int:
    """Send one batch of reminders whose moment has come; return how many were sent or let lapse.

    `kind` says which: those ahead of a deadline, or those of what is still owed after it. The latter wait, like the word
    that it passed, until everything is known that could excuse it.
    """
    async with deps.database.transaction() as connection:
        known = await source.known(connection)
        if kind is Kind.DUE_SOON:
            known = replace(known, through=None)
        elif known.through is None:
            return 0
        now = deps.clock.now()
        claimed = await tables.claim_reminders(
            connection,
            source.subject_kind,
            kind,
            now=now,
            known_through=known.through,
            in_doubt=known.in_doubt,
            held=await _held(connection, source, kind, now, known),
        )
        sent = [alarm for alarm in claimed if alarm.state is AlarmState.RAISED]
        await _send(connection, source, sent)
    metrics.RAISED.labels(source.subject_kind, kind).inc(len(sent))
    return len(claimed)


async def due_since(source: Source, *, deps: Deps) -> Mapping[Kind, datetime]:
    """Return the kinds of alarms whose instant has passed unsaid, with the oldest; export how long a passed deadline waits."""
    async with deps.database.acquire() as connection:
        due = await tables.due_since(connection, source.subject_kind, deps.clock.now())
    oldest = due.get(Kind.OVERDUE)
    waiting_since = deps.clock.wall() if oldest is None else deps.clock.wall_at(oldest)
    metrics.OLDEST_UNRAISED.labels(source.subject_kind).set(waiting_since.timestamp())
    return due


@dataclass
class RaiseAlarms:
    """The clock role's work for one source, which its owner's job does twice a second.

    `plan` runs first, until it has succeeded once. Several may run at once: rows that one of them holds are skipped by
    the others.
    """

    source: Source
    deps: Deps
    plan: Callable[[], Awaitable[object]]
    _planned: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        # A series from zero shows its first increase.
        metrics.DELAY.labels(self.source.subject_kind)
        for kind in Kind:
            metrics.RAISED.labels(self.source.subject_kind, kind)

    async def look(self) -> None:
        """Raise everything that is due now; any exception leaves what was raised before it."""
        if not self._planned:
            await self.plan()
            self._planned = True
        due = await due_since(self.source, deps=self.deps)
        if Kind.OVERDUE in due:
            while await raise_passed(self.source, deps=self.deps) == tables.BATCH:
                pass
        for kind in (Kind.DUE_SOON, Kind.STILL_DUE) if self.source.urges else (Kind.DUE_SOON,):
            while kind in due and await remind(self.source, kind, deps=self.deps) == tables.BATCH:
                pass
        if due:
            await due_since(self.source, deps=self.deps)


async def _held(
    connection: Connection, source: Source, kind: Kind, now: datetime, known: Known
) -> Sequence[str] | None:
    """Return the subjects that the owner locked for what is due and may be said; None where it locks none."""
    if source.hold is None:
        return None
    due = await tables.due_subjects(
        connection, source.subject_kind, kind, now=now, known_through=known.through, in_doubt=known.in_doubt
    )
    return await source.hold(connection, due) if due else ()


async def _send(connection: Connection, source: Source, raised: Sequence[Alarm]) -> None:
    if raised:
        events = await source.tell(connection, raised)
        await outbox.append(connection, [outbox.outgoing(source.topic, event) for event in events])


def _measure(source: Source, raised: Sequence[Alarm], clock: Clock) -> None:
    wall = clock.wall()
    metrics.RAISED.labels(source.subject_kind, Kind.OVERDUE).inc(len(raised))
    for alarm in raised:
        delay = wall - clock.wall_at(alarm.due.at)
        metrics.DELAY.labels(source.subject_kind).observe(max(delay.total_seconds(), 0))
