"""Promise P2: every reader sees the same versions in the same order, whatever arrives how often in which order."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from services.chassis.consuming.versions import Sequencer, Verdict, judge
from services.chassis.testing.kafka import eventually, publish
from services.chassis.testing.workers import Workers, rectified


@given(st.permutations(range(1, 9)), st.lists(st.integers(1, 8), max_size=20))
def test_any_arrival_order_with_any_duplicates_is_applied_once_in_order(
    order: list[int], duplicates: list[int]
) -> None:
    arrivals = order + duplicates
    random.Random(len(duplicates)).shuffle(arrivals)
    sequencer: Sequencer[int] = Sequencer()
    applied = [version for arrival in arrivals for version, _ in sequencer.offer(arrival, arrival)[0]]
    assert applied == list(range(1, 9))
    assert not sequencer.parked


@given(st.integers(0, 50), st.integers(1, 50))
def test_the_rule_applies_the_next_drops_the_old_and_parks_the_rest(seen: int, version: int) -> None:
    verdict = judge(seen, version)
    assert (verdict is Verdict.APPLY) == (version == seen + 1)
    assert (verdict is Verdict.DROP) == (version <= seen)


async def test_versions_published_shuffled_and_twice_are_applied_once_in_order(workers: Workers) -> None:
    events = [rectified(f"K{key}", version=version) for key in range(4) for version in range(1, 11)]
    arrivals = events + events[::2]
    random.Random(7).shuffle(arrivals)
    await publish(workers.bootstrap, f"{workers.prefix}in", arrivals)

    async def done() -> list[tuple[str, str]]:
        effects = await workers.effects()
        assert len(effects) >= len(events)
        return effects

    with workers.worker(DUBAN_ORDERING="VERSION"):
        effects = await eventually(done)
    assert len(effects) == len(events)
    for key in range(4):
        mine = [event_id for reference, event_id in effects if reference == f"K{key}"]
        assert mine == [event.id for event in events if event.subject == f"K{key}"]
    assert not await workers.fetch("SELECT 1 FROM parked_event")
