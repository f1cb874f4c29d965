"""Ledger events for tests: a hazard's story as the ledger would publish it."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import encode, type_of
from duban_contracts.events import hazards
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Actor, Channel, Enterprise, Grade, HazardFacts, HazardState

_ACTOR = Actor(account="regulator-140502-1", role="county_regulator")
_NUMBERS = itertools.count(1)
START = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)


@dataclass
class Hazard:
    """One hazard's story; each method appends the ledger's next event. Times are hours after START."""

    hazard_id: str
    county: str = "140502"
    sector: str = "hazchem"
    channel: Channel = Channel.INSPECTION
    grade: Grade | None = None
    state: HazardState = HazardState.REPORTED
    deadline_on: date | None = None
    overdue: bool = False
    events: list[CloudEvent] = field(default_factory=list)

    def _facts(self) -> HazardFacts:
        return HazardFacts(
            hazard_id=self.hazard_id,
            number=f"晋隐患{self.hazard_id}",
            county=self.county,
            reference=self.hazard_id,
            channel=self.channel,
            sector=self.sector,
            state=self.state,
            grade=self.grade,
            responsible_unit=None if self.grade is None else "emergency_management",
            deadline_on=self.deadline_on,
            overdue=self.overdue,
        )

    def _add(self, model: type[HazardEvent], at: float, **fields: object) -> Hazard:
        occurred_at = START + timedelta(hours=at)
        data = model(hazard=self._facts(), actor=_ACTOR, occurred_at=occurred_at, **fields)
        self.events.append(
            CloudEvent(
                id=f"{self.hazard_id}-{len(self.events) + 1}-{next(_NUMBERS)}",
                source="/duban/ledger",
                type=type_of(model).name,
                subject=self.hazard_id,
                partitionkey=self.hazard_id,
                time=occurred_at,
                aggregateversion=len(self.events) + 1,
                data=encode(data),
            )
        )
        return self

    def register(self, at: float = 0) -> Hazard:
        return self._add(
            hazards.HazardRegistered,
            at,
            enterprise=Enterprise(name="示例化工厂（虚构）"),
            place="一车间",
            description="可燃气体报警器失效",
            found_on=date(2026, 11, 1),
        )

    def confirm(self, at: float, grade: Grade = Grade.GENERAL, deadline_on: date = date(2026, 11, 10)) -> Hazard:
        self.grade, self.state, self.deadline_on = grade, HazardState.CONFIRMED, deadline_on
        return self._add(
            hazards.HazardConfirmed,
            at,
            grade=grade,
            responsible_unit="emergency_management",
            deadline_on=deadline_on,
        )

    def reject(self, at: float) -> Hazard:
        self.state = HazardState.REJECTED
        return self._add(hazards.HazardRejected, at, reason="不属于事故隐患")

    def submit(self, at: float) -> Hazard:
        self.state = HazardState.IN_REVIEW
        occurred_at = START + timedelta(hours=at)
        return self._add(
            hazards.HazardSubmitted,
            at,
            submitted_at=occurred_at,
            measures="更换报警器",
            completed_on=date(2026, 11, 3),
        )

    def give_back(self, at: float) -> Hazard:
        self.state = HazardState.RECTIFYING
        return self._add(hazards.HazardReturned, at, reason="证据不足")

    def close(self, at: float) -> Hazard:
        self.state, self.overdue = HazardState.CLOSED, False
        return self._add(hazards.HazardClosed, at, review="现场核查合格")

    def reopen(self, at: float, deadline_on: date = date(2026, 11, 20)) -> Hazard:
        self.state, self.deadline_on = HazardState.RECTIFYING, deadline_on
        return self._add(hazards.HazardReopened, at, reason="回头看不合格", deadline_on=deadline_on)

    def regrade(self, at: float, grade: Grade) -> Hazard:
        before, self.grade = self.grade, grade
        assert before is not None
        return self._add(hazards.HazardRegraded, at, reason="按判定标准调整", previous_grade=before)

    def go_overdue(self, at: float) -> Hazard:
        self.overdue = True
        assert self.deadline_on is not None
        return self._add(hazards.HazardOverdue, at, deadline_on=self.deadline_on)


def city_of(number: int, chance: random.Random) -> list[Hazard]:
    """Return `number` hazards with five events each, over four counties, three sectors and thirty days."""
    hazards_of_city = []
    for n in range(number):
        at = chance.uniform(0, 500)
        hazard = Hazard(
            f"h{n:05d}",
            county=chance.choice(["140502", "140521", "140522", "140581"]),
            sector=chance.choice(["hazchem", "coal_mine", "construction"]),
            channel=chance.choice(list(Channel)),
        )
        deadline = (START + timedelta(hours=at + chance.choice([24, 240]))).date()
        hazard.register(at).confirm(at + chance.uniform(0, 30), chance.choice(list(Grade)), deadline)
        match n % 4:
            case 0:
                hazard.submit(at + 40).close(at + 60).reopen(at + 200)
            case 1:
                hazard.submit(at + 40).give_back(at + 50).submit(at + 70)
            case 2:
                hazard.regrade(at + 31, Grade.MAJOR).submit(at + 90).close(at + 100)
            case _:
                hazard.go_overdue(at + 300).submit(at + 310).close(at + 320)
        hazards_of_city.append(hazard)
    return hazards_of_city


def in_waves(city: list[Hazard]) -> list[CloudEvent]:
    """Return all events, hazard by hazard in order, the city mixed."""
    return [event for wave in itertools.zip_longest(*(h.events for h in city)) for event in wave if event]


def history_of(city: list[Hazard]) -> list[dict[str, object]]:
    """Return the city's history as the ledger would export it."""
    return [
        {"hazard_id": e.subject, "version": e.aggregateversion, "type": e.type, "data": e.data.decode()}
        for hazard in city
        for e in hazard.events
    ]
