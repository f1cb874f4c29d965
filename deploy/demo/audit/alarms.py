"""P3: one alarm."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from deploy.demo.audit.case import AUDITOR, Case, Line, some
from deploy.demo.audit.days_off import moved_by
from deploy.demo.audit.reckoning import passed_unsubmitted
from duban_contracts.codec import decode
from duban_contracts.events.supervision import SupervisionEvent, SupervisionOverdue, SupervisionRecalled
from duban_contracts.events.types import HAZARD
from services.chassis.testing.kafka import read_all

# A hazard's id, and which of its deadlines.
Deadline = tuple[str, int]


async def every_overdue_deadline_was_raised_once(case: Case) -> Line:
    """P3: one 督办逾期 for each deadline that passed unsubmitted, none for one that was met.

    What was said about a deadline that had been set wrongly was said, and taken back.
    """
    evidence = await case.evidence()
    raised, recalled = await alarms_of_hazards(case)
    twice = [f"{hazard} 两次" for (hazard, _), ids in raised.items() if len(ids) > 1]
    # A hazard that was closed between its deadline and the alarm gets none for that, and the scheduler says so (P3).
    excused = {
        deadline["hazard_id"]
        async for deadline in case.platform.pages("scheduler", "/v1/deadlines", AUDITOR, state="excused", limit=500)
    }
    alarmed = {hazard for hazard, _ in raised.keys() - recalled}
    due = to_be_raised(passed_unsubmitted(evidence.history, moved_by(case.profile)), alarmed, excused)
    missed = [f"{hazard} 漏报" for hazard in due - alarmed]
    false = [f"{hazard} 误报" for hazard in alarmed - due]
    wrong = twice + missed + false
    return Line("每个逾期隐患恰好一次督办逾期", not wrong, f"逾期 {len(due)}，督办 {len(raised)}" + some(wrong))


async def alarms_of_hazards(case: Case) -> tuple[Mapping[Deadline, AbstractSet[str]], AbstractSet[Deadline]]:
    """Return what was said of hazards' deadlines: of each the ids of its 督办逾期, and those of which that was taken back.

    A listing (挂牌督办) has a deadline of its own, which no reckoning here follows.
    """
    raised: dict[Deadline, set[str]] = {}
    recalled: set[Deadline] = set()
    for event in await read_all(case.bootstrap, "scheduler.supervision.v1"):
        data = decode(event)
        if not isinstance(data, SupervisionEvent) or data.about.kind != HAZARD:
            continue
        if isinstance(data, SupervisionOverdue):
            raised.setdefault((data.about.id, data.deadline_number), set()).add(event.id)
        elif isinstance(data, SupervisionRecalled):
            recalled.add((data.about.id, data.deadline_number))
    return raised, recalled


def to_be_raised(passed: AbstractSet[str], alarmed: AbstractSet[str], excused: AbstractSet[str]) -> AbstractSet[str]:
    """Return the hazards of which an alarm is due: a deadline passed, and not only one that was excused.

    A hazard that was excused once may be reopened and miss its next deadline; what is said of that is no false alarm.
    """
    return passed - (excused - alarmed)
