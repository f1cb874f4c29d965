"""挂牌督办 has its own deadline: reminders before it, one 督办逾期 when it passes, none once it is lifted (SY29, SY45, P3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.codec import decode
from duban_contracts.deadlines.reckoning import ClockState, Outcome, Reckoning
from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionEvent, SupervisionOverdue
from duban_contracts.events.types import Grade, Subject
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.listings import delisted, listed, listing_overdue
from duban_contracts.testing.stories import Story, confirmed
from services.scheduler.clocks.model.listings import advance
from services.scheduler.tests.bench import Bench, bench_on
from services.scheduler.tests.builders import POLICY, clock_of

# The hazard's own deadline lies far behind the listing's, so that whatever is said in June is said about the listing.
HAZARD = confirmed(grade=Grade.MAJOR, deadline_on=june(30))
LISTED = listed(HAZARD, local(2, 9), june(10))
LISTING = Subject(kind="listing", id="hz-1/1", number="督〔2026〕3号")


def listing_clock(story: Story) -> Reckoning:
    reckoning = None
    for version, event in story.versions():
        reckoning = advance(reckoning, event, version=version, days=POLICY.days)
    assert reckoning is not None
    return reckoning


def test_a_listings_clock_notes_what_the_ledger_knows_and_takes_each_version_once() -> None:
    late = listing_overdue(LISTED, local(11, 0, 3))
    [deadline] = listing_clock(late).deadlines
    assert (deadline.noted_at, deadline.outcome) == (local(11, 0, 3), Outcome.PASSED)
    clock = listing_clock(LISTED)
    version, event = list(late.versions())[-1]
    assert advance(clock, event, version=clock.version, days=POLICY.days) == clock
    noted = advance(clock, event, version=version, days=POLICY.days)
    assert noted is not None
    assert (noted.version, noted.grade) == (version, Grade.MAJOR)
    assert advance(None, HAZARD.events[-1], version=9, days=POLICY.days) is None


async def told(bench: Bench) -> list[SupervisionEvent]:
    said = [decode(event) for event in await bench.said()]
    return [event for event in said if isinstance(event, SupervisionEvent)]


async def overdue(bench: Bench) -> list[Subject]:
    return [event.about for event in await told(bench) if isinstance(event, SupervisionOverdue)]


@st.composite
def reviews(draw: st.DrawFn) -> list[tuple[datetime, datetime]]:
    """When 整改完成 was handed in and when it came back, again and again, from the day of the listing on."""
    at, found = local(2, 9), []
    for _ in range(draw(st.integers(0, 4))):
        submitted = at + timedelta(minutes=draw(st.integers(1, 4000)))
        at = submitted + timedelta(minutes=draw(st.integers(1, 4000)))
        found.append((submitted, at))
    return found


def reviewed(story: Story, found: list[tuple[datetime, datetime]]) -> Story:
    for submitted, returned in found:
        story = story.submitted(submitted).returned(returned)
    return story


@pytest.mark.promise("P3")
@given(found=reviews(), day=st.integers(3, 29))
def test_a_listing_counts_as_a_hazard_would_that_was_confirmed_with_its_deadline(
    found: list[tuple[datetime, datetime]], day: int
) -> None:
    of_listing = listing_clock(reviewed(listed(HAZARD, local(2, 9), june(day)), found))
    of_hazard = clock_of(reviewed(confirmed_on_the_second(june(day)), found))
    assert (of_listing.state, of_listing.deadlines) == (of_hazard.state, of_hazard.deadlines)


def confirmed_on_the_second(day: object) -> Story:
    registered = Story(msgspec.structs.replace(HAZARD.facts, grade=None), HAZARD.events[:1])
    return registered.confirmed(local(2, 9), day, grade=Grade.MAJOR)  # type: ignore[arg-type]


def test_what_becomes_of_the_hazards_own_deadline_is_nothing_to_its_listing() -> None:
    moved = (
        LISTED.planned(local(3)).extended(local(4), june(29)).overdue(local(5)).deadline_corrected(local(6), june(8))
    )
    assert listing_clock(moved).deadline == listing_clock(LISTED).deadline


def test_a_listing_of_what_is_in_review_waits_for_the_review() -> None:
    waiting = listed(HAZARD.submitted(local(2)), local(2, 9), june(10))
    assert listing_clock(waiting).state is ClockState.PAUSED
    assert listing_clock(waiting.returned(local(20))).deadline.due_at > local(20)


def test_each_listing_of_a_hazard_has_a_clock_of_its_own() -> None:
    again = listed(delisted(LISTED, local(3)), local(5), june(12))
    first, second = listing_clock(delisted(LISTED, local(3))), None
    for version, event in again.versions(first=len(again.events)):
        second = advance(second, event, version=version, days=POLICY.days)
    assert second is not None
    assert (first.hazard_id, first.deadline.outcome) == ("hz-1/1", Outcome.MET)
    assert (second.hazard_id, second.deadline.deadline_on) == ("hz-1/2", june(12))


@pytest.mark.feature("SY29")
@pytest.mark.feature("SY45")
@pytest.mark.promise("P3")
async def test_a_listing_is_reminded_of_and_its_own_overdue_is_said_once_across_restarts(bench: Bench) -> None:
    await bench.learn(LISTED.records())
    for day in (3, 5, 9):
        await bench.at(local(day, 12))
    reminders = [(event.about, event.days_left) for event in await told(bench) if isinstance(event, SupervisionDueSoon)]
    assert reminders == [(LISTING, 8), (LISTING, 6), (LISTING, 2)]
    await bench.at(local(10, 23, 59))
    assert await overdue(bench) == []
    await bench.at(local(11, 0, 1))
    again = bench_on(bench.database, bench.clock)
    await again.at(local(11, 0, 2))
    assert await overdue(bench) == [LISTING]
    [event] = [event for event in await told(bench) if isinstance(event, SupervisionOverdue)]
    assert (event.deadline_on, event.due_at, event.hazard) == (june(10), local(11), LISTED.facts)
    # The ledger takes note: the hazard's own deadline is another and passes by itself.
    await bench.learn(listing_overdue(LISTED, local(11, 0, 3)).records(first=len(LISTED.events) + 1))
    await bench.at(local(30, 12))
    assert await overdue(bench) == [LISTING]


@pytest.mark.promise("P3")
async def test_nothing_is_said_of_a_listing_that_was_lifted_or_answered_in_time(bench: Bench) -> None:
    lifted = delisted(listed(confirmed("hz-2", grade=Grade.MAJOR, deadline_on=june(30)), local(2), june(10)), local(10))
    answered = listed(confirmed("hz-3", grade=Grade.MAJOR, deadline_on=june(30)), local(2), june(10)).submitted(
        local(10, 23, 59)
    )
    for story in (lifted, answered):
        await bench.learn(story.records())
    await bench.at(local(20))
    assert await overdue(bench) == []
    # What comes back has the time that was left, and then it is late.
    await bench.learn(answered.returned(local(20, 1)).records(first=len(answered.events) + 1))
    await bench.at(local(22))
    assert [about.id for about in await overdue(bench)] == ["hz-3/1"]


@pytest.mark.promise("P3")
async def test_a_listing_that_was_lifted_before_anybody_looked_is_excused(bench: Bench) -> None:
    await bench.learn(LISTED.records())
    await bench.learn(delisted(LISTED, local(12)).records(first=len(LISTED.events) + 1))
    await bench.at(local(13))
    assert await overdue(bench) == []


@pytest.mark.promise("P3")
async def test_a_listing_stands_behind_the_same_fence_as_its_hazard(bench: Bench) -> None:
    await bench.learn(LISTED.records())
    bench.clock.set(local(11, 1))
    await bench.tick()
    await bench.hear(local(11))
    await bench.tick()
    assert await overdue(bench) == []
    # Its county is behind: a lifting or a submission may still be on its way.
    await bench.hear(local(11, 0, 30), behind={LISTED.facts.county: local(10, 23)})
    await bench.tick()
    assert await overdue(bench) == []
    await bench.hear(local(11, 0, 40))
    await bench.tick()
    assert await overdue(bench) == [LISTING]
