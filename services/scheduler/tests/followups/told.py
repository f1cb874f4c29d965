"""An accident told in events, as the ledger tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.accidents import (
    AccidentClosed,
    AccidentEvaluated,
    AccidentEvent,
    AccidentFacts,
    AccidentGrade,
    AccidentMeasure,
    AccidentMeasureDone,
    AccidentMeasureReturned,
    AccidentMeasureSet,
    AccidentState,
    MeasureState,
)
from duban_contracts.events.types import Actor, Enterprise
from services.chassis.publishing.envelopes import new_event

ACTOR: Final = Actor(account="regulator-1", role="county_regulator")


@dataclass(frozen=True)
class Accident:
    """An accident so far: its facts, and the events that led to them."""

    facts: AccidentFacts
    measures: tuple[AccidentMeasure, ...] = ()
    events: tuple[AccidentEvent, ...] = field(default=())

    def measure(self, at: datetime, deadline_on: date) -> Accident:
        measure = AccidentMeasure(
            number=len(self.measures) + 1,
            measure="加装联锁",
            unit="emergency_management",
            post="科长",
            deadline_on=deadline_on,
            state=MeasureState.OPEN,
        )
        return self._moved(AccidentMeasureSet, at, measure)

    def done(self, at: datetime, number: int = 1) -> Accident:
        return self._moved(AccidentMeasureDone, at, self._measure(number, MeasureState.DONE), report="已加装")

    def returned(self, at: datetime, number: int = 1) -> Accident:
        return self._moved(AccidentMeasureReturned, at, self._measure(number, MeasureState.OPEN), finding="未投用")

    def closed(self, at: datetime, look_back_on: date) -> Accident:
        said = {"state": AccidentState.CLOSED, "look_back_on": look_back_on}
        return self._moved(AccidentClosed, at, None, said, document="城区政函〔2026〕3号", conclusion="责任事故")

    def evaluated(self, at: datetime) -> Accident:
        return self._moved(AccidentEvaluated, at, None, {"state": AccidentState.EVALUATED}, conclusion="已落实")

    def records(self, first: int = 1) -> list[CloudEvent]:
        """Return the events from number `first` on as the ledger's topic carries them."""
        key = self.facts.accident_id
        return [
            new_event(event, source="/duban/ledger", subject=key, key=key, time=event.occurred_at)
            for event in self.events[first - 1 :]
        ]

    def _measure(self, number: int, state: MeasureState) -> AccidentMeasure:
        return msgspec.structs.replace(self.measures[number - 1], state=state)

    def _moved(
        self,
        kind: type[AccidentEvent],
        at: datetime,
        measure: AccidentMeasure | None,
        facts: dict[str, Any] | None = None,
        **said: Any,
    ) -> Accident:
        changed = msgspec.structs.replace(self.facts, version=self.facts.version + 1, **facts or {})
        measures = {each.number: each for each in self.measures}
        if measure is not None:
            measures[measure.number] = measure
            said["measure"] = measure
        event = kind(accident=changed, actor=ACTOR, occurred_at=at, **said)
        return Accident(changed, tuple(measures.values()), (*self.events, event))


def accident(
    accident_id: str = "a-1",
    county: str = "140502",
    sector: str = "hazchem",
    grade: AccidentGrade = AccidentGrade.GENERAL,
) -> Accident:
    """Return an accident that was registered and no more; its registration is not among its events."""
    return Accident(
        AccidentFacts(
            accident_id=accident_id,
            number="SG-140502-2026-001",
            county=county,
            sector=sector,
            enterprise=Enterprise(name="示例化工有限公司（虚构）"),
            place="一车间",
            happened_on=date(2026, 5, 20),
            grade=grade,
            deaths=1,
            serious_injuries=0,
            state=AccidentState.INVESTIGATED,
            open_measures=0,
            version=1,
        )
    )
