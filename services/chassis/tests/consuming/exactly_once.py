"""The checker: was every event applied exactly once, and is each key's order kept in the effects and on the way out?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from duban_contracts.cloudevents import CloudEvent
from services.chassis.testing.kafka import eventually, read_all
from services.chassis.testing.workers import Workers, rectified


def batch(keys: int, each: int) -> list[CloudEvent]:
    return [rectified(f"K{key}", measures=f"{n}") for n in range(each) for key in range(keys)]


async def all_effects(workers: Workers, expected: int) -> list[tuple[str, str]]:
    effects = await workers.effects()
    assert len(effects) >= expected
    return effects


async def outbox_is_empty(workers: Workers) -> None:
    assert not await workers.fetch("SELECT 1 FROM outbox LIMIT 1")


async def assert_exactly_once_in_order(
    workers: Workers, events: Sequence[CloudEvent], *, patience: float = 150
) -> None:
    """Every event has one effect; effects and first publications stand in each key's order."""
    effects = await eventually(lambda: all_effects(workers, len(events)), timeout=patience)
    await eventually(lambda: outbox_is_empty(workers), timeout=patience)
    assert len(effects) == len(events)
    sent: dict[str, list[str]] = {}
    for event in events:
        sent.setdefault(event.subject or "", []).append(event.id)
    by_key = {
        key: [event_id for _, event_id in group]
        for key, group in groupby(sorted(effects, key=lambda e: e[0]), key=lambda e: e[0])
    }
    assert by_key == sent
    published: dict[str, list[str]] = {}
    for event in await read_all(workers.bootstrap, f"{workers.prefix}out"):
        causes = published.setdefault(event.subject or "", [])
        if event.causationid and event.causationid not in causes:
            causes.append(event.causationid)
    assert published == sent
