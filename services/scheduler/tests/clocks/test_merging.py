"""归并 stops a hazard's clock, 拆分 lets it run on: no alarm about what another hazard goes on for, none lost after it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from duban_contracts.codec import decode
from duban_contracts.deadlines.reckoning import ClockState, Outcome
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.testing.calendar import ZONE, june, local
from duban_contracts.testing.stories import confirmed, registered
from services.scheduler.clocks.model.account import account
from services.scheduler.tests.bench import Bench
from services.scheduler.tests.builders import clock_of, fold, running

pytestmark = [pytest.mark.promise("P3"), pytest.mark.feature("SY26")]


def test_a_merged_hazard_has_no_deadline_of_its_own_until_it_is_taken_out() -> None:
    merged = running().merged(local(5))
    assert (clock_of(merged).state, clock_of(merged).deadline.outcome) == (ClockState.STOPPED, Outcome.MERGED)
    clock = clock_of(merged.unmerged(local(7)))
    assert (clock.state, clock.deadline.outcome, clock.deadline.number) == (ClockState.RUNNING, Outcome.OPEN, 1)
    assert clock.deadline.due_at == ZONE.end_of_day(june(10))
    assert clock.used(local(8)) == local(8) - local(7) + (local(5) - local(1, 9))


def test_a_day_that_went_by_meanwhile_ends_with_the_day_of_taking_out() -> None:
    back = running().merged(local(5)).unmerged(local(20, 9))
    assert clock_of(back).deadline.due_at == local(21)
    # It is a day and no more: a return gives back what was left, which is nothing.
    assert clock_of(back.submitted(local(20, 18)).returned(local(25, 8))).deadline.due_at == local(26)


def test_a_deadline_that_had_passed_before_stays_passed() -> None:
    late = running().merged(local(12))
    assert clock_of(late).deadline.outcome is Outcome.PASSED
    back = clock_of(late.unmerged(local(13)))
    assert (back.state, back.deadline.outcome, back.deadline.due_at) == (
        ClockState.RUNNING,
        Outcome.PASSED,
        local(11),
    )


def test_a_hazard_that_was_not_confirmed_has_no_clock_before_or_after() -> None:
    assert fold(registered().merged(local(2)).unmerged(local(3)).versions()) is None


def test_the_account_says_that_another_deadline_counts() -> None:
    lines = account(clock_of(running().merged(local(5)).unmerged(local(7))), local(8), ZONE)
    assert any("拆分：计时" in line for line in lines)
    [deadline, *_] = account(clock_of(running().merged(local(5))), local(6), ZONE)
    assert deadline.endswith("已归并，按所并入隐患的期限")


async def test_nobody_is_reminded_or_urged_about_a_merged_hazard_and_what_is_taken_out_is_armed_again(
    bench: Bench,
) -> None:
    gone, back = confirmed("gone").merged(local(1, 12)), confirmed("back").merged(local(1, 12))
    for story in (gone, back):
        await bench.learn(story.records())
    await bench.at(local(6))
    assert await bench.kinds() == []
    assert (await bench.alarm_states(gone))["overdue", 1, 0] == "withdrawn"
    back = back.unmerged(local(6, 9))
    await bench.learn(back.records(first=4))
    assert (await bench.alarm_states(back))["overdue", 1, 0] == "armed"
    assert (await bench.audit()).sound
    await bench.at(local(6, 23, 59))
    assert "overdue" not in await bench.kinds()
    await bench.at(local(7) + timedelta(minutes=1))
    raised = [decode(event) for event in await bench.said()]
    assert [(e.about.id, e.deadline_number) for e in raised if isinstance(e, SupervisionOverdue)] == [("back", 1)]
    assert (await bench.audit()).sound


async def test_what_was_raised_before_the_merging_is_not_raised_again_after_it(bench: Bench) -> None:
    story = confirmed()
    await bench.learn(story.records())
    await bench.at(local(4, 0, 1))
    story = story.overdue(local(4, 0, 2)).merged(local(5)).unmerged(local(6))
    await bench.learn(story.records(first=3))
    await bench.at(local(9))
    assert (await bench.kinds()).count("overdue") == 1
    assert (await bench.audit()).sound


async def test_a_passed_deadline_that_nobody_had_raised_is_raised_once_the_hazard_is_taken_out(bench: Bench) -> None:
    story = confirmed().merged(local(4, 0, 1))
    await bench.learn(story.records())
    await bench.at(local(5))
    assert "overdue" not in await bench.kinds()
    await bench.learn(story.unmerged(local(6)).records(first=4))
    await bench.at(local(6, 0, 1))
    assert (await bench.kinds()).count("overdue") == 1
    assert (await bench.audit()).sound
