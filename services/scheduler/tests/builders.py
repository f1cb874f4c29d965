"""Ledger events and policies for the scheduler's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import encode, type_of
from duban_contracts.events.hazards import (
    HazardClosed,
    HazardConfirmed,
    HazardEvent,
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
from duban_contracts.events.types import Actor, Channel, Enterprise, Grade, HazardFacts, HazardState
from services.scheduler.domain.calendar import Roll, WorkingCalendar
from services.scheduler.domain.fold import advance
from services.scheduler.domain.policy import Policy
from services.scheduler.domain.reckoning import Reckoning

ZONE = ZoneInfo("Asia/Shanghai")
ACTOR = Actor(account="regulator-140502-1", role="county_regulator")
WEEKENDS_ONLY = WorkingCalendar(frozenset({2024, 2025, 2026, 2027}), {}, {})
POLICY = Policy(
    calendar=WEEKENDS_ONLY,
    roll=Roll.NONE,
    reminder_days={Grade.GENERAL: (3, 1), Grade.MAJOR: (7, 3, 1)},
    reminder_time=time(9),
)


def local(day: int, hour: int = 0, minute: int = 0, *, month: int = 6, year: int = 2026) -> datetime:
    """Return an instant of June 2026 as the city's clocks show it. 1 June 2026 is a Monday."""
    return datetime(year, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def june(day: int) -> date:
    return date(2026, 6, day)


class Story:
    """Tells one hazard's history: each method is one ledger event with the next version."""

    def __init__(self, hazard_id: str = "hz-1", county: str = "140502", grade: Grade = Grade.GENERAL) -> None:
        self.facts = HazardFacts(
            hazard_id=hazard_id,
            number=f"JC-{hazard_id}",
            county=county,
            reference=f"ref-{hazard_id}",
            channel=Channel.INSPECTION,
            sector="industry_trade",
            state=HazardState.REPORTED,
        )
        self.grade = grade
        self.events: list[tuple[int, HazardEvent]] = []

    def _tell(self, model: type[HazardEvent], at: datetime, facts: dict[str, Any], **fields: Any) -> Story:
        self.facts = HazardFacts(**{name: getattr(self.facts, name) for name in self.facts.__struct_fields__} | facts)
        event = model(hazard=self.facts, actor=ACTOR, occurred_at=at, **fields)
        self.events.append((len(self.events) + 1, event))
        return self

    def registered(self, at: datetime) -> Story:
        enterprise = Enterprise(name="示例机械厂（虚构）")
        fields = {"place": "一号车间", "description": "配电箱无盖", "found_on": at.date()}
        return self._tell(HazardRegistered, at, {}, enterprise=enterprise, **fields)

    def confirmed(self, at: datetime, deadline_on: date) -> Story:
        facts = {
            "state": HazardState.CONFIRMED,
            "grade": self.grade,
            "responsible_unit": "emergency_management",
            "deadline_on": deadline_on,
        }
        fields = {"grade": self.grade, "responsible_unit": "emergency_management", "deadline_on": deadline_on}
        return self._tell(HazardConfirmed, at, facts, **fields)

    def planned(self, at: datetime) -> Story:
        return self._tell(
            HazardPlanned, at, {"state": HazardState.RECTIFYING}, measures="更换配电箱", responsible_post="安全科长"
        )

    def submitted(self, submitted_at: datetime, learnt_at: datetime | None = None) -> Story:
        fields = {"measures": "已更换", "completed_on": submitted_at.date(), "submitted_at": submitted_at}
        return self._tell(HazardSubmitted, learnt_at or submitted_at, {"state": HazardState.IN_REVIEW}, **fields)

    def returned(self, at: datetime) -> Story:
        return self._tell(HazardReturned, at, {"state": HazardState.RECTIFYING}, reason="整改不到位")

    def closed(self, at: datetime) -> Story:
        return self._tell(HazardClosed, at, {"state": HazardState.CLOSED}, review="现场复查合格")

    def rejected(self, at: datetime) -> Story:
        return self._tell(HazardRejected, at, {"state": HazardState.REJECTED}, reason="不属于事故隐患")

    def extended(self, at: datetime, deadline_on: date) -> Story:
        return self._tell(
            HazardExtended,
            at,
            {"deadline_on": deadline_on, "overdue": False},
            reason="配件未到",
            deadline_on=deadline_on,
        )

    def reopened(self, at: datetime, deadline_on: date) -> Story:
        facts = {"state": HazardState.RECTIFYING, "deadline_on": deadline_on, "overdue": False}
        return self._tell(HazardReopened, at, facts, reason="回头看不合格", deadline_on=deadline_on)

    def regraded(self, at: datetime, grade: Grade) -> Story:
        previous = self.facts.grade or Grade.GENERAL
        return self._tell(HazardRegraded, at, {"grade": grade}, reason="重新认定", previous_grade=previous)

    def overdue(self, at: datetime, deadline_on: date) -> Story:
        return self._tell(HazardOverdue, at, {"overdue": True}, deadline_on=deadline_on)

    def records(self, first: int = 1) -> list[CloudEvent]:
        """Return the story as the ledger publishes it, from event number `first`."""
        return [
            CloudEvent(
                id=f"{event.hazard.hazard_id}-{version}",
                source="/duban/ledger",
                type=type_of(type(event)).name,
                data=encode(event),
                time=event.occurred_at,
                subject=event.hazard.hazard_id,
                partitionkey=event.hazard.hazard_id,
                aggregateversion=version,
                correlationid=f"claim-{event.hazard.hazard_id}",
            )
            for version, event in self.events[first - 1 :]
        ]


def due_on_the_third(hazard_id: str = "hz-1") -> Story:
    """Confirmed on Monday 1 June with Wednesday the 3rd as its last day: no reminder but that of the 2nd."""
    return Story(hazard_id).registered(local(1, 8)).confirmed(local(1, 10), june(3))


def heartbeat(applied_through: datetime) -> CloudEvent:
    return CloudEvent(
        id=f"heartbeat-{applied_through.timestamp()}",
        source="/duban/ledger",
        type=type_of(LedgerHeartbeat).name,
        data=encode(LedgerHeartbeat(applied_through=applied_through)),
        time=applied_through,
    )


def fold(events: Sequence[tuple[int, HazardEvent]], policy: Policy = POLICY) -> Reckoning | None:
    reckoning = None
    for version, event in events:
        reckoning = advance(reckoning, event, version=version, policy=policy)
    return reckoning


def clock_of(story: Story, policy: Policy = POLICY) -> Reckoning:
    reckoning = fold(story.events, policy)
    assert reckoning is not None
    return reckoning


DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
