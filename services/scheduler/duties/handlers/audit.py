"""The self-audit over planning: the tasks that should stand, by a second reckoning, against those that do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import structlog

from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.scheduler import metrics
from services.scheduler.duties.handlers.plan import Planner
from services.scheduler.duties.model.duty import DutyState, DutyVersion
from services.scheduler.duties.model.second_reckoning import should_stand
from services.scheduler.duties.tables import duties, occasions, planning
from services.scheduler.tasks.tables import plans
from services.scheduler.tasks.tables.audit import stand_still

_log = structlog.get_logger(__name__)
_LOGGED: Final = 10
# Duties of one transaction: a long snapshot would slow every poll of the clock role.
_AT_ONCE: Final = 10


class PlanningDiscrepancy(StrEnum):
    """How a plan differs from what the duties ask for: a task lacks, nobody asks for it, or its day or unit is another."""

    NOT_PLANNED = "not_planned"
    PLANNED_NEEDLESSLY = "planned_needlessly"
    PLANNED_OTHERWISE = "planned_otherwise"


@dataclass(frozen=True, slots=True)
class PlanDiscrepancy:
    """One task that is not as it should be; `member` is the roster member that it is about."""

    task_id: str
    duty_id: str
    period: str
    member: str | None
    reason: PlanningDiscrepancy


@dataclass(frozen=True, slots=True)
class PlanningAudit:
    """What the audit found at `as_of`: `duties` were reckoned again, and ask for `tasks` tasks.

    Of those `without_roster` nobody can say whom they ask: the profile names their roster no more.
    """

    as_of: datetime
    duties: int
    tasks: int
    findings: tuple[PlanDiscrepancy, ...]
    without_roster: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the audit. What became due for planning less than `patience` (wall) ago is not looked at yet."""

    database: Database
    clock: Clock
    planner: Planner
    patience: timedelta


async def look(*, deps: Deps) -> PlanningAudit:
    """Reckon all duties again, some at a time, and return where their tasks differ."""
    horizon = deps.planner.horizon(deps.clock.at(deps.clock.wall() - deps.patience))
    today = deps.planner.zone.today(deps.clock.now())
    async with deps.database.acquire() as connection:
        known = await duties.versions_of(connection)
    lacking = {name for name, versions in known.items() if _lacks_roster(versions[-1], today, deps.planner)}
    names = sorted(known.keys() - lacking)
    count, findings = 0, list[PlanDiscrepancy]()
    for first in range(0, len(names), _AT_ONCE):
        asked, found = await _compare(names[first : first + _AT_ONCE], horizon, deps)
        count += asked
        findings += found
    return PlanningAudit(deps.clock.now(), len(names), count, tuple(findings), tuple(sorted(lacking)))


@dataclass
class SelfAudit:
    """The clock role's audit: what two looks in a row find is exported, and must be nothing.

    Planning goes on beside it: what was loaded or edited at this moment is planned in the next.
    """

    deps: Deps
    _suspected: frozenset[PlanDiscrepancy] = field(default=frozenset(), init=False)

    async def audit(self) -> list[PlanDiscrepancy]:
        """Look, export how many findings were found before, too, and log the first of them."""
        found = await look(deps=self.deps)
        findings = found.findings
        confirmed = [each for each in findings if each in self._suspected]
        self._suspected = frozenset(findings)
        metrics.PLANNING_WRONG.set(len(confirmed) + len(found.without_roster))
        for name in found.without_roster[:_LOGGED]:
            _log.error("planning audit", duty_id=name, reason="without_roster")
        for each in confirmed[:_LOGGED]:
            _log.error("planning audit", task_id=each.task_id, duty_id=each.duty_id, reason=each.reason)
        return confirmed


def _lacks_roster(newest: DutyVersion, today: date, planner: Planner) -> bool:
    duty = newest.duty
    holds = newest.state is DutyState.IN_FORCE and (duty.valid_until is None or duty.valid_until >= today)
    return holds and not planner.has_roster_of(newest)


async def _compare(names: list[str], horizon: date, deps: Deps) -> tuple[int, list[PlanDiscrepancy]]:
    """Return how many tasks these duties ask for, and where what stands differs. All of one state of the database."""
    planner = deps.planner
    async with deps.database.transaction() as connection:
        await stand_still(connection)
        versions = await duties.versions_of(connection, names)
        entered = await occasions.page(connection)
        through = await planning.load(connection)
        rows = await plans.standing(connection, names)
    standing = {row.task_id: row for row in rows}
    count, findings = 0, list[PlanDiscrepancy]()
    for name, each in versions.items():
        # Planned ahead stays planned: a clock that is behind takes nothing back.
        until = max(horizon, through[name].planned_until) if name in through else horizon
        should = should_stand(each, until, members=planner.members, occasions=[*planner.holidays, *entered])
        # Of whom a roster that is there no more once asked nobody can say: what stands by it is left.
        whole = all(map(planner.has_roster_of, each))
        count += len(should)
        findings += [
            PlanDiscrepancy(task_id, name, task.period, task.member, PlanningDiscrepancy.NOT_PLANNED)
            for task_id, task in should.items()
            if task_id not in standing
        ]
        findings += [
            PlanDiscrepancy(row.task_id, name, row.period, row.member_code, PlanningDiscrepancy.PLANNED_NEEDLESSLY)
            for row in rows
            if whole and row.duty_id == name and row.only_planned and row.task_id not in should
        ]
        findings += [
            PlanDiscrepancy(row.task_id, name, row.period, row.member_code, PlanningDiscrepancy.PLANNED_OTHERWISE)
            for row in rows
            if row.only_planned
            and (task := should.get(row.task_id))
            and (row.due_on, row.lead_unit) != (task.due_on, task.lead)
        ]
        # One duty at a time: alarms fall due beside this.
        await asyncio.sleep(0)
    return count, findings
