"""Hazards told in a line: `confirmed().submitted(local(2, 23, 59)).returned(local(4, 9)).records()`.

A story is a value: each word returns a longer story, and the shorter one can be told on in another way. Its events are
those that the ledger would publish, with gapless versions and the facts as they stand after each. A story does not
judge: it also tells what the ledger would refuse, so that readers can be tried on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any, Final

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import encode, type_of
from duban_contracts.events.gathering import HazardMerged, HazardUnmerged
from duban_contracts.events.hazards import (
    HazardClosed,
    HazardConfirmed,
    HazardCorrected,
    HazardDeadlineCorrected,
    HazardExtended,
    HazardOverdue,
    HazardPlanned,
    HazardRegistered,
    HazardRegraded,
    HazardRejected,
    HazardReopened,
    HazardReturned,
    HazardSubmitted,
)
from duban_contracts.events.heartbeat import LedgerHeartbeat
from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionOverdue, SupervisionRecalled
from duban_contracts.events.types import (
    HAZARD,
    Actor,
    Channel,
    Enterprise,
    Grade,
    HazardFacts,
    HazardState,
    Subject,
)
from duban_contracts.testing.calendar import ZONE, june, local
from duban_contracts.testing.telling import Telling

ENTERPRISE: Final = Actor(account="enterprise-1", role="enterprise_user")
UNIT: Final = "emergency_management"
# Into which a story's hazard is merged, unless it says otherwise.
ANOTHER: Final = Subject(kind=HAZARD, id="hz-0", number="JC-hz-0")


@dataclass(frozen=True, slots=True)
class Story(Telling):
    """A story and its words: what may happen to a hazard, and what the scheduler says of it."""

    def registered(self, at: datetime, **fields: Any) -> Story:
        """入账 at `at`; `fields` replace what the report says."""
        return self.happened(HazardRegistered, at, **_report(at, self.facts) | fields)

    def corrected(self, at: datetime, *, facts: dict[str, Any] | None = None, **fields: Any) -> Story:
        """更正 at `at`; `facts` and `fields` are what the county says anew."""
        return self.happened(HazardCorrected, at, facts, **_report(at, self.facts) | fields)

    def confirmed(
        self, at: datetime, deadline_on: date, *, grade: Grade = Grade.GENERAL, unit: str = UNIT, **fields: Any
    ) -> Story:
        """确认 at `at`: grade, responsible unit and last day."""
        set_now = {"grade": grade, "responsible_unit": unit, "deadline_on": deadline_on}
        return self.happened(HazardConfirmed, at, {"state": HazardState.CONFIRMED, **set_now}, **set_now, **fields)

    def rejected(self, at: datetime, *, reason: str = "不属于事故隐患") -> Story:
        """不予认定 at `at`."""
        return self.happened(HazardRejected, at, {"state": HazardState.REJECTED}, reason=reason)

    def planned(self, at: datetime, *, measures: str = "停用，更换", post: str = "安全总监") -> Story:
        """整改方案 at `at`."""
        facts = {"state": HazardState.RECTIFYING}
        return self.happened(HazardPlanned, at, facts, measures=measures, responsible_post=post)

    def submitted(self, submitted_at: datetime, learnt_at: datetime | None = None, **fields: Any) -> Story:
        """整改完成待审: handed in at `submitted_at`, which the ledger learnt at `learnt_at` (the same, unless given)."""
        said: dict[str, Any] = {"measures": "已更换", "completed_on": ZONE.day_of(submitted_at)}
        facts = {"state": HazardState.IN_REVIEW}
        return self.happened(
            HazardSubmitted, learnt_at or submitted_at, facts, submitted_at=submitted_at, **said | fields
        )

    def returned(self, at: datetime, *, reason: str = "整改不到位") -> Story:
        """退回 at `at`."""
        return self.happened(HazardReturned, at, {"state": HazardState.RECTIFYING}, reason=reason)

    def closed(self, at: datetime, *, review: str = "现场复查合格") -> Story:
        """销号 at `at`."""
        return self.happened(HazardClosed, at, {"state": HazardState.CLOSED}, review=review)

    def reopened(self, at: datetime, deadline_on: date, *, reason: str = "回头看不合格") -> Story:
        """反弹 at `at`, with a new last day."""
        facts = {"state": HazardState.RECTIFYING, "deadline_on": deadline_on, "overdue": False}
        return self.happened(HazardReopened, at, facts, reason=reason, deadline_on=deadline_on)

    def extended(self, at: datetime, deadline_on: date, *, reason: str = "配件未到") -> Story:
        """延期 at `at` to another last day."""
        facts = {"deadline_on": deadline_on, "overdue": False}
        return self.happened(HazardExtended, at, facts, reason=reason, deadline_on=deadline_on)

    def deadline_corrected(self, at: datetime, deadline_on: date, *, reason: str = "录入有误") -> Story:
        """更正期限 at `at`: the day had been wrong, this is the right one."""
        facts = {"deadline_on": deadline_on, "overdue": False}
        said = {"reason": reason, "deadline_on": deadline_on, "previous_deadline_on": self._deadline()}
        return self.happened(HazardDeadlineCorrected, at, facts, **said)

    def regraded(self, at: datetime, grade: Grade, *, reason: str = "重新认定") -> Story:
        """调级 at `at`."""
        before = self.facts.grade or Grade.GENERAL
        return self.happened(HazardRegraded, at, {"grade": grade}, reason=reason, previous_grade=before)

    def merged(self, at: datetime, into: Subject = ANOTHER, *, reason: str = "同一隐患") -> Story:
        """归并 at `at` into another hazard."""
        said = {"survivor": into, "reason": reason, "previous_state": self.facts.state}
        return self.happened(HazardMerged, at, {"state": HazardState.DUPLICATE}, **said)

    def unmerged(self, at: datetime, *, reason: str = "不是同一隐患") -> Story:
        """拆分 at `at`: the hazard stands where it stood before its newest 归并."""
        merged = next(event for event in reversed(self.events) if isinstance(event, HazardMerged))
        facts = {"state": merged.previous_state}
        return self.happened(HazardUnmerged, at, facts, survivor=merged.survivor, reason=reason)

    def overdue(self, at: datetime, deadline_on: date | None = None) -> Story:
        """逾期 at `at`: of the present deadline, unless another day is given."""
        day = deadline_on or self._deadline()
        return self.happened(HazardOverdue, at, {"overdue": True}, deadline_on=day)

    def due_soon_raised(self, at: datetime, *, days_left: int = 3, number: int = 1) -> SupervisionDueSoon:
        """Return 到期提醒 as the scheduler says it at `at` about deadline `number`, the present one."""
        return SupervisionDueSoon(**self._alarm(at, number), days_left=days_left)

    def overdue_raised(self, at: datetime | None = None, *, number: int = 1) -> SupervisionOverdue:
        """Return 督办逾期 about deadline `number`, the present one: at its end unless `at` is given."""
        return SupervisionOverdue(**self._alarm(at or ZONE.end_of_day(self._deadline()), number))

    def recalled(self, at: datetime, wrong: date, *, number: int = 1) -> SupervisionRecalled:
        """Return 撤回 of deadline `number`, which had been `wrong`, as the scheduler says it at `at`: the present one is right."""
        said = self._alarm(at, number) | {"deadline_on": wrong, "due_at": ZONE.end_of_day(wrong)}
        return SupervisionRecalled(**said, corrected_to=self._deadline())

    def _deadline(self) -> date:
        if self.facts.deadline_on is None:
            raise ValueError("the story has no deadline yet: confirm the hazard first")
        return self.facts.deadline_on

    def _alarm(self, at: datetime, number: int) -> dict[str, Any]:
        facts, day = self.facts, self._deadline()
        return {
            "about": facts.as_subject(),
            "county": facts.county,
            "sector": facts.sector,
            "unit": facts.responsible_unit,
            "hazard": facts,
            "deadline_number": number,
            "deadline_on": day,
            "due_at": ZONE.end_of_day(day),
            "raised_at": at,
        }


def hazard(hazard_id: str = "hz-1", **facts: Any) -> Story:
    """Return a story that has not begun; `facts` replace those of a hazard that was just reported."""
    said: dict[str, Any] = {
        "number": f"JC-{hazard_id}",
        "county": "140502",
        "reference": f"ref-{hazard_id}",
        "channel": Channel.INSPECTION,
        "sector": "industry_trade",
        "state": HazardState.REPORTED,
    }
    return Story(HazardFacts(hazard_id=hazard_id, **said | facts))


def registered(hazard_id: str = "hz-1", at: datetime | None = None, **facts: Any) -> Story:
    """Return 入账 in the morning of Monday 1 June 2026, unless `at` is given."""
    return hazard(hazard_id, **facts).registered(at or local(1, 8))


def confirmed(
    hazard_id: str = "hz-1", *, grade: Grade = Grade.GENERAL, deadline_on: date | None = None, **facts: Any
) -> Story:
    """Return 确认 on Monday 1 June 2026 at ten, with Wednesday the 3rd as the last day unless another is given."""
    return registered(hazard_id, **facts).confirmed(local(1, 10), deadline_on or june(3), grade=grade)


def heartbeat(applied_through: datetime, *, behind: Mapping[str, datetime] | None = None) -> CloudEvent:
    """Return the ledger's heartbeat: everything until `applied_through` (UTC) stands ahead of it.

    `behind` names counties of which that holds for an earlier instant only.
    """
    return CloudEvent(
        id=f"heartbeat-{applied_through.isoformat()}",
        source="/duban/ledger",
        type=type_of(LedgerHeartbeat).name,
        data=encode(LedgerHeartbeat(applied_through=applied_through, behind=dict(behind or {}))),
        time=applied_through,
    )


def in_waves(stories: Iterable[Story]) -> list[CloudEvent]:
    """Return all records of several stories, mixed: the first of each, then the second of each, and so on."""
    waves = zip_longest(*(story.records() for story in stories))
    return [record for wave in waves for record in wave if record is not None]


def _report(at: datetime, facts: HazardFacts) -> dict[str, Any]:
    return {
        "enterprise": Enterprise(name="示例机械厂（虚构）", uscc=facts.enterprise_uscc),
        "place": "一号车间",
        "description": "配电箱无盖",
        "found_on": ZONE.day_of(at),
    }
