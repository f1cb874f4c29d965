"""Plans are kept, and asked: their rows as the duties have them, and what they lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from duban_contracts.days import Zone
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database
from services.scheduler import metrics
from services.scheduler.campaigns import tables
from services.scheduler.campaigns.model.campaign import Campaign
from services.scheduler.campaigns.model.gaps import Gap, PlanRow, Severity, gaps_of
from services.scheduler.campaigns.model.plan import Plan
from services.scheduler.duties.model.duty import DutyVersion
from services.scheduler.duties.model.rules import Unscheduled
from services.scheduler.duties.model.versions import ruled
from services.scheduler.duties.tables import duties


async def keep_plans(
    connection: Connection, plans: Sequence[Plan], campaigns: Sequence[Campaign], *, at: datetime, by: str
) -> None:
    """Keep what was loaded, by account `by`, `at` (UTC, domain time); each code at most once, what was there is replaced."""
    await tables.save_plans(connection, plans, at=at, by=by)
    await tables.save_campaigns(connection, campaigns, at=at, by=by)


async def rows_of(connection: Connection, plan: Plan) -> list[PlanRow]:
    """Return the rows of a plan in order of their last day: every occurrence of its duties within its days."""
    found = [
        row for versions in (await duties.of_plan(connection, plan.code)).values() for row in rows_in(versions, plan)
    ]
    return sorted(found, key=lambda row: (row.due_on, row.duty_id))


async def gaps(connection: Connection, plan: Plan) -> list[Gap]:
    """Return what a plan lacks, the hardest first."""
    return gaps_of(plan, await rows_of(connection, plan))


async def report_gaps(database: Database, *, clock: Clock, zone: Zone) -> None:
    """Export how many gaps the plans that today lies in have, by severity; plans of other years are not shown."""
    today = zone.day_of(clock.now())
    found: dict[tuple[str, str], int] = {}
    async with database.acquire() as connection:
        for plan in await tables.plans_on(connection, today):
            severities = Counter(gap.severity for gap in await gaps(connection, plan))
            found |= {(plan.code, severity.value): severities[severity] for severity in Severity}
    metrics.PLAN_GAPS.clear()
    for labels, number in found.items():
        metrics.PLAN_GAPS.labels(*labels).set(number)


def rows_in(versions: Sequence[DutyVersion], plan: Plan) -> Iterator[PlanRow]:
    """Yield the rows that one duty is in a plan; what no date follows from is one row, too."""
    if isinstance(versions[-1].duty.rule, Unscheduled):
        yield _row(versions[-1], plan.starts_on, plan.ends_on, scheduled=False)
    for version, occurrence in ruled(versions, plan.ends_on):
        if occurrence.due_on >= plan.starts_on:
            yield _row(version, occurrence.opens_on, occurrence.due_on)


def _row(version: DutyVersion, opens_on: date, due_on: date, *, scheduled: bool = True) -> PlanRow:
    duty = version.duty
    return PlanRow(
        duty_id=duty.duty_id,
        kind=duty.kind,
        title=duty.title,
        opens_on=opens_on,
        due_on=due_on,
        units=tuple(unit for unit in (duty.lead, *duty.helpers) if unit is not None),
        per=duty.per,
        sectors=duty.sectors,
        who=duty.who,
        leader=duty.leader,
        assumed=duty.assumed,
        scheduled=scheduled,
    )
