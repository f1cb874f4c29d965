"""事故整改措施, 整改评估 and 回头看 have their days: what is owed past one is said once, what was done in time never (P3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.catalogue import EventData
from duban_contracts.codec import decode
from duban_contracts.deadlines.calendar import CityDays, Roll, WorkingCalendar
from duban_contracts.events.accidents import AccidentGrade
from duban_contracts.events.hazards import HazardClosed, HazardLookBackPassed
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import Grade, HazardState, PlannedLookBack, Subject
from duban_contracts.testing.calendar import ZONE, june, local
from duban_contracts.testing.stories import Story, confirmed
from services.chassis.access import keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.chassis.access.scope import Scope
from services.chassis.assembly import Platform
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.scheduler.alarms.model import AlarmState, Cause
from services.scheduler.followups import tables
from services.scheduler.followups.handlers import keep_follow_ups
from services.scheduler.followups.model import FollowUp, after, changes, told_of
from services.scheduler.followups.tables import Filter
from services.scheduler.settings import Settings
from services.scheduler.tests.bench import Bench, bench_on
from services.scheduler.tests.builders import POLICY
from services.scheduler.tests.followups.told import Accident, accident
from services.scheduler.tests.serving import app_on

OWED: Final = accident().measure(local(1), june(10)).closed(local(2), june(20))
MEASURE: Final = Subject(kind="accident_measure", id="a-1/1", number="SG-140502-2026-001/1")
EVALUATION: Final = Subject(kind="accident", id="a-1", number="SG-140502-2026-001")


async def overdue(bench: Bench) -> list[Subject]:
    said = [decode(event) for event in await bench.said()]
    return [event.about for event in said if isinstance(event, SupervisionOverdue)]


@pytest.mark.feature("SY43")
@pytest.mark.promise("P3")
async def test_what_an_accident_owes_past_its_day_is_said_once_across_restarts(bench: Bench) -> None:
    await bench.learn(OWED.records())
    await bench.at(local(10, 23, 59))
    assert await overdue(bench) == []
    await bench.at(local(11, 0, 1))
    await bench.learn(OWED.records())
    await bench_on(bench.database, bench.clock).at(local(12))
    assert await overdue(bench) == [MEASURE]
    [said] = [decode(event) for event in await bench.said()]
    assert isinstance(said, SupervisionOverdue)
    # It brings no hazard: letters about hazards are not written for it.
    assert (said.unit, said.deadline_on, said.hazard) == ("emergency_management", june(10), None)
    await bench.at(local(21, 0, 1))
    assert await overdue(bench) == [MEASURE, EVALUATION]


@pytest.mark.feature("SY43")
@pytest.mark.parametrize("grade", AccidentGrade)
async def test_the_evaluation_of_what_is_graver_than_general_is_the_citys_and_its_measures_are_their_units(
    bench: Bench, grade: AccidentGrade
) -> None:
    await bench.learn(accident(grade=grade).measure(local(1), june(10)).closed(local(2), june(20)).records())
    await bench.at(local(21, 0, 1))
    said = [decode(event) for event in await bench.said()]
    graver = grade is not AccidentGrade.GENERAL
    of_city = {each.about.kind: each.of_city for each in said if isinstance(each, SupervisionOverdue)}
    assert of_city == {"accident_measure": False, "accident": graver}


@pytest.mark.promise("P3")
async def test_what_was_done_in_time_is_never_called_late_however_late_that_is_heard(bench: Bench) -> None:
    done = OWED.done(local(10, 23, 58))
    await bench.learn(done.records()[:2])
    bench.clock.set(local(11, 0, 5))
    # The ledger's heartbeats stand behind what was recorded: nothing is said before them.
    await bench.tick()
    await bench.learn(done.records(first=3))
    await bench.at(local(11, 0, 6))
    assert await overdue(bench) == []
    await bench.learn(done.returned(local(11, 9)).records(first=4))
    await bench.at(local(11, 9, 1))
    # What is sent back is owed again, by the same day.
    assert await overdue(bench) == [MEASURE]


async def test_an_evaluated_accident_owes_nothing_more(bench: Bench) -> None:
    await bench.learn(OWED.done(local(3)).evaluated(local(4)).records())
    await bench.at(local(30))
    assert await overdue(bench) == []


@pytest.mark.feature("SY43")
async def test_the_list_shows_what_is_owed_and_what_was_said_to_be_late(
    bench: Bench, platform: Platform[Settings]
) -> None:
    await bench.learn(OWED.records())
    await bench.at(local(11, 0, 1))
    token = keys.new_token()
    async with bench.database.transaction() as connection:
        await keys.store(connection, [NewKey(Principal("office-1", Role.CITY_OFFICE, "140500"), token)])
    app = app_on(platform)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://scheduler") as client:

        async def listed(**query: str) -> list[tuple[str, bool, bool]]:
            answer = await client.get("/v1/follow-ups", params=query, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200, answer.text
            return [(i["about"]["id"], i["late"], i["raised_at"] is not None) for i in answer.json()["items"]]

        assert await listed() == [("a-1/1", True, True), ("a-1", False, False)]
        assert await listed(late="true") == [("a-1/1", True, True)]
        assert await listed(kind="accident", open="true") == [("a-1", False, False)]
        assert await listed(open="false") == []


@pytest.mark.parametrize("roll", Roll)
async def test_the_list_of_what_is_late_goes_by_the_instant_at_which_the_alarm_fires(bench: Bench, roll: Roll) -> None:
    days = CityDays(ZONE, WorkingCalendar(frozenset({2026}), {}, {}), roll)
    story = accident().measure(local(1), june(13))  # a Saturday
    record = RawRecord("hazards", 0, 0, local(1), b"a-1", b"", [])
    read = [Delivery(record, event, decode(event)) for event in story.records()]
    ends = {Roll.NONE: 14, Roll.PREVIOUS_WORKDAY: 13, Roll.NEXT_WORKDAY: 16}[roll]
    async with bench.database.transaction() as connection:
        await keep_follow_ups(connection, read, days=days)
        for at, late in ((local(ends) - timedelta(seconds=1), []), (local(ends), ["a-1/1"])):
            found = await tables.page(connection, Scope(), Filter(late_at=at), after=None, limit=5)
            assert [each.follow_up.about.id for each in found] == late


def folded(story: Accident, repeated: list[int]) -> dict[str, FollowUp]:
    """What is known after the events in their order, some of them told again behind all."""
    known: dict[str, FollowUp] = {}
    for data in [*story.events, *(story.events[number % len(story.events)] for number in repeated)]:
        told = told_of(data, None, Cause("e", None, None))
        assert told is not None
        for now in after(known, told, POLICY.days):
            known[now.about.id] = now
    return known


@given(turns=st.integers(0, 6), repeated=st.lists(st.integers(0, 50), max_size=8))
def test_a_measure_is_owed_after_every_return_whatever_is_told_again(turns: int, repeated: list[int]) -> None:
    story = OWED
    for turn in range(turns):
        at = local(3) + timedelta(hours=turn)
        story = story.done(at) if turn % 2 == 0 else story.returned(at)
    known = folded(story, repeated)
    assert known == folded(story, [])
    assert (known["a-1/1"].done_at is None) == (turns % 2 == 0)
    assert known["a-1"].done_at is None


@given(done=st.integers(0, 40))
def test_what_is_done_before_its_day_is_over_is_withdrawn_and_after_it_excused(done: int) -> None:
    at = local(1) + timedelta(days=done)
    before, now = folded(OWED, [])["a-1/1"], folded(OWED.done(at), [])["a-1/1"]
    [alarm] = changes(before, now)
    assert alarm.state is (AlarmState.EXCUSED if at >= before.due_at else AlarmState.WITHDRAWN)
    assert [each.state for each in changes(now, before)] == [AlarmState.ARMED]


HAZARD: Final = confirmed(grade=Grade.MAJOR, deadline_on=june(30))
SUBMITTED: Final = local(2)
LOOKED_AT: Final = PlannedLookBack(closure=1, due_on=june(20))


def struck_off(story: Story = HAZARD, at: datetime = SUBMITTED) -> Story:
    submitted = story.submitted(at)
    return submitted.happened(
        HazardClosed, at + timedelta(hours=1), {"state": HazardState.CLOSED}, review="合格", look_back=LOOKED_AT
    )


@pytest.mark.feature("SY31")
@pytest.mark.promise("P3")
async def test_a_look_back_past_its_day_is_said_once_and_one_that_was_done_never(bench: Bench) -> None:
    await bench.learn(struck_off().records())
    await bench.at(local(20, 23, 59))
    assert await overdue(bench) == []
    await bench.at(local(21, 0, 1))
    await bench_on(bench.database, bench.clock).at(local(22))
    assert await overdue(bench) == [Subject(kind="look_back", id="hz-1/1", number=HAZARD.facts.number)]
    [said] = [decode(event) for event in await bench.said()]
    assert isinstance(said, SupervisionOverdue)
    assert (said.unit, said.hazard) == (HAZARD.facts.responsible_unit, None)


@pytest.mark.feature("SY31")
@pytest.mark.parametrize("kind", ["passed", "reopened"])
async def test_whoever_looked_back_in_time_hears_nothing(bench: Bench, kind: str) -> None:
    closed = struck_off()
    looked = (
        closed.happened(HazardLookBackPassed, local(19), {}, review="整改保持")
        if kind == "passed"
        else closed.reopened(local(19), june(29))
    )
    await bench.learn(looked.records())
    await bench.at(local(28))
    assert await overdue(bench) == []


def looked_back(kind: str, story: Story, at: datetime) -> Story:
    if kind == "reopened":
        return story.reopened(at, june(29))
    return story.happened(HazardLookBackPassed, at, {}, review="整改保持")


def told_to(known: Mapping[str, FollowUp], event: EventData, version: int) -> list[FollowUp]:
    told = told_of(event, version, Cause(f"e-{version}", None, None))
    assert told is not None
    return after(known, told, POLICY.days)


@pytest.mark.parametrize("kind", ["passed", "reopened"])
def test_a_look_back_ends_what_is_owed_of_its_hazard_and_nothing_that_was_done_or_set_later(kind: str) -> None:
    closed = struck_off()
    [owed] = told_to({}, closed.events[-1], 4)
    assert (owed.about, owed.aggregate, owed.version) == (LOOKED_AT.as_subject(closed.facts), "hz-1", 4)
    assert (owed.due_on, owed.set_at, owed.done_at) == (june(20), local(2, 1), None)
    looked = looked_back(kind, closed, local(19)).events[-1]
    [met] = told_to({owed.about.id: owed}, looked, 5)
    assert met == replace(owed, done_at=local(19), version=5, cause=Cause("e-5", None, None))
    # Told again, or told late, it has nothing more to say.
    assert told_to({met.about.id: met}, looked, 5) == []
    assert told_to({met.about.id: met}, looked, 6) == []
    assert told_to({owed.about.id: owed}, looked, 4) == []
