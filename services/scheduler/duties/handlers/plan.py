"""Planning: exactly one task for each duty, period and member, however often this runs, crashes, or runs at once.

The ids of tasks follow from their cause, so that a second planning finds them; what a duty was planned by is remembered
with the tasks in one transaction, so that a planning which would find nothing new costs one look at each duty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Final

import msgspec
import structlog

from duban_contracts.days import Zone
from duban_contracts.deadlines.calendar import load_calendar
from services.chassis.assembly import Platform
from services.chassis.process.clock import Clock
from services.chassis.process.failpoints import reach
from services.chassis.storage.database import Connection, Database
from services.scheduler.duties.model.duty import DutyVersion
from services.scheduler.duties.model.occasions import Occasion, holidays_of
from services.scheduler.duties.model.planning import Unplanned, tasks_of
from services.scheduler.duties.model.rules import Occasional
from services.scheduler.duties.tables import duties, occasions, planning
from services.scheduler.duties.tables.planning import PlannedThrough
from services.scheduler.rosters.handlers import load_rosters
from services.scheduler.rosters.model import RosterMember, Rosters
from services.scheduler.settings import Settings
from services.scheduler.tasks.handlers.plan import plan_tasks, withdraw_tasks
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tasks.tables import plans

_log = structlog.get_logger(__name__)
# Duties of one transaction: a crash loses little, nobody waits long for one of them, and the session is never silent for
# as long as PostgreSQL bears, even when each is a daily one of hundreds of units.
_AT_ONCE: Final = 5
_WITHDRAWN: Final = "周期职责已调整，本任务不再下达"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """By what duties are planned: the city's rosters, its holidays, its time zone, and how far ahead.

    Tasks are planned to the end of the year that lies `days_ahead` days ahead.
    """

    city: str
    zone: Zone
    rosters: Rosters
    holidays: tuple[Occasion, ...]
    taskbook: Taskbook
    days_ahead: int = 120

    @classmethod
    def on(cls, platform: Platform[Settings]) -> Planner:
        """Return the planner of this platform; raises ProfileError for unusable rosters or an unusable calendar."""
        profile, city = platform.settings.profile, platform.city
        return cls(
            city=city.code,
            zone=city.zone,
            rosters=load_rosters(profile, city),
            holidays=tuple(holidays_of(load_calendar(profile).holidays)),
            taskbook=Taskbook.on(platform),
            days_ahead=platform.settings.planning_days_ahead,
        )

    def members(self, roster: str, day: date) -> Sequence[RosterMember]:
        """Return who is on a roster on a day; nobody where there is no such roster any more."""
        return self.rosters.on(roster, day) if roster in self.rosters.by_code else ()

    def has_roster_of(self, version: DutyVersion) -> bool:
        """Return whether the roster of a duty is there, if it needs one."""
        roster = version.duty.per
        return roster is None or not version.duty.is_plannable or roster in self.rosters.by_code

    def horizon(self, now: datetime) -> date:
        """Return the last day until which tasks are planned at `now`."""
        return date((self.zone.day_of(now) + timedelta(days=self.days_ahead)).year, 12, 31)


@dataclass(slots=True)
class Planning:
    """What a planning did: how many duties it looked at anew, and what became of their tasks."""

    duties: int = 0
    created: int = 0
    revised: int = 0
    kept: int = 0
    withdrawn: int = 0
    unplanned: Unplanned = field(default_factory=Unplanned)

    def add(self, other: Planning) -> None:
        """Count what another planning did, too."""
        self.duties += other.duties
        self.created += other.created
        self.revised += other.revised
        self.kept += other.kept
        self.withdrawn += other.withdrawn
        self.unplanned.without_members += other.unplanned.without_members
        self.unplanned.without_roster += other.unplanned.without_roster


async def plan_all(database: Database, *, planner: Planner, clock: Clock) -> Planning:
    """Plan every duty that isn't planned to the horizon by the present rosters and calendar; some in each transaction.

    Any number of processes may do so at once: a duty's lock is held while it is planned, and what another one has
    planned meanwhile has nothing left to do.
    """
    now = clock.now()
    async with database.acquire() as connection:
        stale = await _stale(connection, None, planner, now)
    done = Planning()
    names = sorted(stale)
    for some in (names[first : first + _AT_ONCE] for first in range(0, len(names), _AT_ONCE)):
        async with database.transaction() as connection:
            done.add(await plan_duties(connection, some, planner=planner, now=now))
            reach("scheduler.planned")
    if done.duties:
        _log.info("duties planned", duties=done.duties, created=done.created, withdrawn=done.withdrawn)
    return done


async def plan_duties(
    connection: Connection, duty_ids: Collection[str], *, planner: Planner, now: datetime
) -> Planning:
    """Plan these duties in the caller's transaction, as far as they aren't; their locks are held to its end."""
    await duties.lock(connection, duty_ids)
    # Read after the locks and in statements of their own: they see what the last holder committed.
    stale = await _stale(connection, duty_ids, planner, now)
    done = Planning(duties=len(stale))
    if not stale:
        return done
    known = await _occasions(connection, planner)
    wanted = {name: list(_tasks(each, planner, known, done.unplanned)) for name, each in stale.items()}
    tasks = [task for each in wanted.values() for task in each]
    planned = await plan_tasks(connection, tasks, taskbook=planner.taskbook)
    done.created, done.revised, done.kept = planned.created, planned.revised, planned.kept
    unknown = await _of_whom_nothing_is_known(connection, done.unplanned)
    for name, each in stale.items():
        if each.before is not None:
            done.withdrawn += await withdraw_tasks(
                connection,
                name,
                starting=date.min,
                keep={task.task_id for task in wanted[name]} | unknown,
                reason=each.versions[-1].reason or _WITHDRAWN,
            )
    await planning.save(connection, [each.as_planned(name, now) for name, each in stale.items()])
    return done


async def _of_whom_nothing_is_known(connection: Connection, unplanned: Unplanned) -> set[str]:
    """Return the tasks that stand for a roster which is there no more: whether its members still owe them nobody can say."""
    lacking = set(unplanned.without_roster)
    if not lacking:
        return set()
    names = sorted({name for name, _ in lacking})
    _log.warning("duties without their roster", duties=names)
    return {row.task_id for row in await plans.standing(connection, names) if (row.duty_id, row.period) in lacking}


@dataclass(frozen=True, slots=True)
class _Stale:
    """A duty that has to be planned: by what it is planned now and until when, and by what it was."""

    versions: Sequence[DutyVersion]
    basis: bytes
    until: date
    before: PlannedThrough | None

    def as_planned(self, duty_id: str, now: datetime) -> PlannedThrough:
        return PlannedThrough(duty_id, self.versions[-1].version, self.until, self.basis, now)


async def _stale(
    connection: Connection, duty_ids: Collection[str] | None, planner: Planner, now: datetime
) -> dict[str, _Stale]:
    """Return which of these duties (None: of all) have to be planned, in order of their ids."""
    known = await _occasions(connection, planner)
    through = await planning.load(connection)
    found: dict[str, _Stale] = {}
    rosters, horizon = planner.rosters.digest, planner.horizon(now)
    for name, versions in (await duties.versions_of(connection, duty_ids)).items():
        before = through.get(name)
        # Never back: a clock that is behind must not withdraw what was planned by one that is ahead.
        until = max(horizon, before.planned_until) if before else horizon
        each = _Stale(versions, _basis(versions, rosters, known), until, before)
        asked = (versions[-1].version, each.basis, until)
        if before is None or (before.version, before.basis, before.planned_until) != asked:
            found[name] = each
    return found


async def _occasions(connection: Connection, planner: Planner) -> list[Occasion]:
    return [*planner.holidays, *await occasions.page(connection)]


def _tasks(stale: _Stale, planner: Planner, known: Iterable[Occasion], unplanned: Unplanned) -> Iterator[PlannedTask]:
    return tasks_of(
        stale.versions,
        stale.until,
        city=planner.city,
        members=planner.rosters.on,
        occasions=known,
        unplanned=unplanned,
    )


def _basis(versions: Sequence[DutyVersion], rosters: bytes, known: Sequence[Occasion]) -> bytes:
    """Return a digest of what the tasks of a duty depend on beside its versions: rosters, and occasions."""
    digest = blake2b(digest_size=16)
    if any(version.duty.per for version in versions):
        digest.update(rosters)
    if any(isinstance(version.duty.rule, Occasional) for version in versions):
        digest.update(msgspec.json.encode(known))
    return digest.digest()
