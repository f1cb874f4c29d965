"""A follow-up: a day of a subject by which something is owed, and what the ledger's events say of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from duban_contracts.catalogue import EventData
from duban_contracts.deadlines.calendar import CityDays
from duban_contracts.events.accidents import AccidentEvent, AccidentMeasureEvent, AccidentState, MeasureState
from duban_contracts.events.hazards import HazardClosed, HazardLookBackPassed, HazardReopened
from duban_contracts.events.types import ACCIDENT, ACCIDENT_MEASURE, LOOK_BACK, PlannedLookBack, Subject
from services.scheduler.alarms.model import Alarm, AlarmState, Cause, Due, passing
from services.scheduler.alarms.model import changes as alarm_changes

# Constant for life: it makes the event id of every alarm about a follow-up.
NAMESPACE: Final = UUID("0d9c7f2e-3b0a-5c58-9f0e-64756261e00f")
KINDS: Final = (ACCIDENT, ACCIDENT_MEASURE, LOOK_BACK)
# They end whatever look-back of the hazard is owed: it is mended still, or it isn't and is mended again.
_LOOKED_BACK: Final = (HazardLookBackPassed, HazardReopened)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What is owed about a subject by the end of `due_on`; `due_at` is the instant (UTC) at which that passes.

    `aggregate` is the accident or hazard whose events tell of it, `version` that of the last one. `done_at` is None while
    it is owed. County, sector and unit say whom it concerns, `of_city` that only the city may do it.
    """

    about: Subject
    aggregate: str
    county: str
    sector: str
    unit: str | None
    of_city: bool = False
    due_on: date
    due_at: datetime
    set_at: datetime
    done_at: datetime | None
    version: int
    cause: Cause

    def is_late(self, now: datetime) -> bool:
        """Return whether it is owed at `now` and its instant has come, at which the alarm is raised."""
        return self.done_at is None and self.due_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpChange:
    """What an event says of a follow-up: whether it is owed from `at` on (UTC), and until when."""

    about: Subject
    county: str
    sector: str
    unit: str | None
    of_city: bool = False
    due_on: date
    is_owed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """An event with the aggregate that it is about, and which of that one's events it is."""

    aggregate: str
    version: int
    data: EventData
    cause: Cause


def told_of(data: EventData, version: int | None, cause: Cause) -> Told | None:
    """Return an event as follow-ups know it; None for one that tells of none. `version` is that of its envelope."""
    if isinstance(data, AccidentEvent):
        # Its events have no version of the envelope, since they are no hazard's.
        return Told(data.accident.accident_id, data.accident.version, data, cause)
    if isinstance(data, _LOOKED_BACK) or (isinstance(data, HazardClosed) and data.look_back is not None):
        return Told(data.hazard.hazard_id, version or 0, data, cause)
    return None


def news_of(data: EventData) -> Iterator[FollowUpChange]:
    """Yield what an event says of follow-ups."""
    if isinstance(data, AccidentEvent):
        yield from _of_accident(data)
        if isinstance(data, AccidentMeasureEvent):
            yield _of_measure(data)
    elif isinstance(data, HazardClosed) and data.look_back is not None:
        yield _of_closure(data, data.look_back)


def after(known: Mapping[str, FollowUp], told: Told, days: CityDays) -> list[FollowUp]:
    """Return the follow-ups that an event changes, as they are then; `known` are those of its aggregate, by subject's id.

    An event that is not newer than a follow-up changes nothing of it.
    """
    found = _looked_back(known, told)
    for news in news_of(told.data):
        before = known.get(news.about.id)
        if before is not None and told.version <= before.version:
            continue
        done_at = None if news.is_owed else news.at
        if before is None:
            if not news.is_owed:
                continue
            due_at = days.passes_at(news.due_on, news.at)
            found.append(_new(news, told, due_at))
        elif (before.done_at is None) is not news.is_owed:
            found.append(replace(before, done_at=done_at, version=told.version, cause=told.cause))
    return found


def changes(before: FollowUp | None, now: FollowUp) -> list[Alarm]:
    """Return the alarms to write when a follow-up is set, met, or owed again."""
    late = now.done_at is not None and now.done_at >= now.due_at
    return alarm_changes(_called_for(before), _called_for(now), passed={1} if late else frozenset())


def _looked_back(known: Mapping[str, FollowUp], told: Told) -> list[FollowUp]:
    if not isinstance(told.data, _LOOKED_BACK):
        return []
    at = told.data.occurred_at
    owed = [each for each in known.values() if each.done_at is None and each.version < told.version]
    return [replace(each, done_at=at, version=told.version, cause=told.cause) for each in owed]


def _called_for(follow_up: FollowUp | None) -> list[Alarm]:
    if follow_up is None or follow_up.done_at is not None:
        return []
    return [passing(Due(follow_up.about, 1, follow_up.due_on, follow_up.due_at), AlarmState.ARMED)]


def _new(news: FollowUpChange, told: Told, due_at: datetime) -> FollowUp:
    return FollowUp(
        about=news.about,
        aggregate=told.aggregate,
        county=news.county,
        sector=news.sector,
        unit=news.unit,
        of_city=news.of_city,
        due_on=news.due_on,
        due_at=due_at,
        set_at=news.at,
        done_at=None,
        version=told.version,
        cause=told.cause,
    )


def _of_accident(data: AccidentEvent) -> Iterator[FollowUpChange]:
    accident = data.accident
    if accident.look_back_on is not None:
        yield FollowUpChange(
            about=accident.as_subject(),
            county=accident.county,
            sector=accident.sector,
            unit=None,
            of_city=accident.of_city,
            due_on=accident.look_back_on,
            is_owed=accident.state is AccidentState.CLOSED,
            at=data.occurred_at,
        )


def _of_measure(data: AccidentMeasureEvent) -> FollowUpChange:
    accident, measure = data.accident, data.measure
    return FollowUpChange(
        about=measure.as_subject(accident),
        county=accident.county,
        sector=accident.sector,
        unit=measure.unit,
        due_on=measure.deadline_on,
        # What waits to be verified is no longer its owner's to do.
        is_owed=measure.state is MeasureState.OPEN,
        at=data.occurred_at,
    )


def _of_closure(data: HazardClosed, planned: PlannedLookBack) -> FollowUpChange:
    hazard = data.hazard
    return FollowUpChange(
        about=planned.as_subject(hazard),
        county=hazard.county,
        sector=hazard.sector,
        unit=hazard.responsible_unit,
        due_on=planned.due_on,
        is_owed=True,
        at=data.occurred_at,
    )
