"""A deadline that had been set wrongly: what was armed for it is armed anew, what was said about it is taken back."""

from __future__ import annotations

import pytest

from duban_contracts.codec import decode
from duban_contracts.deadlines.reckoning import ClockState, Outcome
from duban_contracts.events.supervision import SupervisionOverdue, SupervisionRecalled
from duban_contracts.testing.calendar import ZONE, june, local
from duban_contracts.testing.stories import Story, confirmed
from services.scheduler.alarms.model import Recall
from services.scheduler.clocks.model.account import account
from services.scheduler.clocks.model.called_for import NAMESPACE, corrected
from services.scheduler.tests.bench import Bench
from services.scheduler.tests.builders import clock_of, running

pytestmark = pytest.mark.promise("P3")


async def recalls(bench: Bench) -> list[SupervisionRecalled]:
    found = [decode(event) for event in await bench.said()]
    return [each for each in found if isinstance(each, SupervisionRecalled)]


async def recalled_rows(bench: Bench, story: Story) -> list[tuple[str, int]]:
    async with bench.database.acquire() as connection:
        rows = await connection.fetch(
            "SELECT kind, days_before FROM alarm WHERE subject_id = $1 AND recalled_at IS NOT NULL ORDER BY 1, 2",
            story.facts.hazard_id,
        )
    return [tuple(row) for row in rows]


def test_a_deadline_is_set_right_earlier_or_later_and_what_reviews_had_added_is_not_kept() -> None:
    reviewed = running().submitted(local(5)).returned(local(20, 9))
    assert clock_of(reviewed).deadline.due_at > local(25)
    for day in (june(21), june(30)):
        clock = clock_of(reviewed.deadline_corrected(local(20, 10), day))
        assert (clock.deadline.due_at, clock.deadline.number) == (ZONE.end_of_day(day), 2)
        assert (clock.deadlines[0].outcome, clock.deadlines[0].deadline_on) == (Outcome.CORRECTED, june(10))


def test_in_review_the_right_day_rests_too_and_runs_on_with_what_is_left_of_it() -> None:
    in_review = running().submitted(local(5)).deadline_corrected(local(6), june(7))
    clock = clock_of(in_review)
    assert (clock.state, clock.remaining) == (ClockState.PAUSED, local(8) - local(5))
    assert clock_of(in_review.returned(local(10))).deadline.due_at == local(13)


def test_a_stopped_clock_has_no_deadline_to_correct() -> None:
    closed = running().submitted(local(5)).closed(local(6))
    assert clock_of(closed.deadline_corrected(local(7), june(20))).deadlines == clock_of(closed).deadlines
    assert corrected(clock_of(closed), clock_of(closed.deadline_corrected(local(7), june(20)))) is None


def test_an_extension_and_a_reopening_correct_nothing() -> None:
    closed = running().submitted(local(2)).closed(local(3))
    told_on = [(running(), running().extended(local(8), june(20))), (closed, closed.reopened(local(4), june(20)))]
    assert [corrected(clock_of(before), clock_of(after)) for before, after in told_on] == [None, None]


def test_the_account_shows_the_wrong_day_and_that_it_was_corrected() -> None:
    lines = account(clock_of(running().deadline_corrected(local(5), june(20))), local(6), ZONE)
    assert lines[0].endswith("整改期限 2026-06-10，到期时刻 2026-06-11 00:00:00，录入有误，已更正")
    assert lines[1].startswith("期限 2：2026-06-05 00:00:00 更正期限，整改期限 2026-06-20")


async def test_what_was_armed_for_the_wrong_day_is_disarmed_and_armed_for_the_right_one(bench: Bench) -> None:
    later, earlier = confirmed("later"), confirmed("earlier", deadline_on=june(30))
    for story, day in ((later, june(10)), (earlier, june(3))):
        await bench.learn(story.deadline_corrected(local(1, 12), day).records())
    assert (await bench.alarm_states(later))["overdue", 1, 0] == "withdrawn"
    await bench.at(local(4, 0, 1))
    raised = [decode(event) for event in await bench.said()]
    assert [(e.about.id, e.deadline_number) for e in raised if isinstance(e, SupervisionOverdue)] == [("earlier", 2)]
    await bench.at(local(11, 0, 1))
    assert (await bench.alarm_states(later))["overdue", 2, 0] == "raised"
    assert await recalls(bench) == []


async def test_what_was_said_about_a_wrong_day_stays_said_and_is_taken_back_once(bench: Bench) -> None:
    story = confirmed()
    await bench.learn(story.records())
    await bench.at(local(2, 9, 1))
    await bench.at(local(4, 0, 1))
    assert await bench.kinds() == ["due_soon", "overdue"]
    story = story.overdue(local(4, 0, 2)).deadline_corrected(local(5), june(20))
    for _ in range(2):
        await bench.learn(story.records(first=3))
    assert (await bench.alarm_states(story))["overdue", 1, 0] == "raised"
    assert await recalled_rows(bench, story) == [("due_soon", 1), ("overdue", 0)]
    [said] = await recalls(bench)
    assert (said.deadline_number, said.deadline_on, said.corrected_to) == (1, june(3), june(20))
    assert (said.raised_at, said.hazard) == (local(5), story.facts)
    event = (await bench.said())[-1]
    assert event.id == str(Recall("hazard", "hz-1", 1, local(5)).event_id(NAMESPACE))
    assert (event.subject, event.partitionkey, event.causationid) == ("hz-1", "hz-1", "hz-1-4")
    assert (await bench.audit()).sound
    await bench.at(local(21, 0, 1))
    assert (await bench.kinds())[-1] == "overdue"
    assert len(await recalls(bench)) == 1


async def test_a_wrong_day_that_passed_while_the_scheduler_slept_is_neither_raised_nor_excused(bench: Bench) -> None:
    story = confirmed().deadline_corrected(local(5), june(20))
    await bench.learn(story.records())
    await bench.at(local(6))
    assert "overdue" not in await bench.kinds()
    assert (await bench.alarm_states(story))["overdue", 1, 0] == "withdrawn"
    assert await recalls(bench) == []
    assert (await bench.audit()).excused_total == 0


async def test_the_database_takes_back_only_what_was_raised(bench: Bench) -> None:
    await bench.learn(confirmed().records())
    with pytest.raises(Exception, match="alarm_recalled_was_raised"):
        async with bench.database.acquire() as connection:
            await connection.execute("UPDATE alarm SET recalled_at = now() WHERE state = 'armed'")
