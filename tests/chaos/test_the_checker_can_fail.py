"""A checker that can't fail proves nothing: each planted bug, under the kill that exposes it, must turn it red."""

from __future__ import annotations

import signal

import pytest

from services.chassis.testing.kafka import eventually, publish
from services.chassis.testing.workers import Workers
from services.chassis.tests.consuming.exactly_once import assert_exactly_once_in_order, batch, outbox_is_empty
from tests.chaos.outcome import assert_committed

pytestmark = pytest.mark.chaos

# The bug, the place of the kill, and what the checker then has to find.
PLANTED = [
    pytest.param("inbox-off", "consumer.database_committed#2", "doubled", id="inbox-off"),
    pytest.param("commit-before-effect", "consumer.applied#2", "lost", id="commit-before-effect"),
    pytest.param("delete-before-publish", "relay.selected#1", "unpublished", id="delete-before-publish"),
    pytest.param("publish-backwards", "relay.acked#1", "reordered", id="publish-backwards"),
]


@pytest.mark.parametrize(("bug", "failpoint", "finding"), PLANTED)
async def test_a_planted_bug_turns_the_exactly_once_check_red(
    workers: Workers, bug: str, failpoint: str, finding: str
) -> None:
    workers.module = "tests.chaos.planted_worker"
    events = batch(keys=5, each=12)
    await publish(workers.bootstrap, f"{workers.prefix}in", events)
    process = workers.start(DUBAN_PLANTED_BUG=bug, DUBAN_FAILPOINT=failpoint)
    assert process.wait(120) == -signal.SIGKILL
    workers.start(DUBAN_PLANTED_BUG=bug)
    # Settled, so that what is missing now is lost and not only late.
    await eventually(lambda: assert_committed(workers))
    await eventually(lambda: outbox_is_empty(workers))
    with pytest.raises(AssertionError):
        await assert_exactly_once_in_order(workers, events, patience=1)
    effects = [event_id for _, event_id in await workers.effects()]
    applied = {event.id for event in events} & set(effects)
    assert (len(effects) > len(applied)) is (finding == "doubled")
    assert (len(applied) < len(events)) is (finding == "lost")


async def test_without_a_bug_the_same_worker_and_kill_leave_it_green(workers: Workers) -> None:
    workers.module = "tests.chaos.planted_worker"
    events = batch(keys=5, each=12)
    await publish(workers.bootstrap, f"{workers.prefix}in", events)
    process = workers.start(DUBAN_PLANTED_BUG="none", DUBAN_FAILPOINT="consumer.applied#2")
    assert process.wait(120) == -signal.SIGKILL
    workers.start(DUBAN_PLANTED_BUG="none")
    await assert_exactly_once_in_order(workers, events)
