"""What a process tells of itself: whom it reaches, and how late its event loop is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from services.chassis.process import replicas
from services.chassis.process.vitals import Ask, release, watch
from services.chassis.testing.clock import ManualClock

CLOCK = ManualClock(datetime(2026, 11, 26, tzinfo=UTC))


async def told(*answers: str | Exception | None) -> list[float | None]:
    """Return what is exported of a server after each of its answers."""
    stopping = asyncio.Event()
    left, seen = list(answers), list[float | None]()

    async def ask() -> str | None:
        if len(left) < len(answers):
            seen.append(REGISTRY.get_sample_value("duban_dependency_up", {"dependency": "test"}))
        if not left:
            stopping.set()
            return None
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    asking: Ask = ask
    async with asyncio.timeout(30):
        await watch("test", asking, CLOCK, stopping, every=1)
    return seen


async def test_a_server_that_answers_is_up_and_one_that_does_not_is_down_whatever_the_client_raises() -> None:
    assert await told(None, "nobody listens there", None, ValueError("a client's bug")) == [1, 0, 1, 0]


def test_partitions_are_counted_by_what_they_lack() -> None:
    counted = replicas.count([(1, 3, 3), (2, 3, 2), (-1, 3, 0), (1, 1, 1)])
    assert counted == {"all": 4, "under_replicated": 2, "offline": 1}


@pytest.mark.servers
async def test_kafka_tells_of_its_partitions(kafka_bootstrap: str) -> None:
    from services.chassis.process.kafka import Broker  # noqa: PLC0415
    from services.chassis.testing.kafka import eventually  # noqa: PLC0415

    async def shows() -> None:
        await replicas.note(Broker(kafka_bootstrap))
        found = {
            state: REGISTRY.get_sample_value("duban_kafka_partitions", {"state": state}) for state in ("all", "offline")
        }
        assert found["all"] is not None
        # Other tests make topics meanwhile, and a new one has no leader for a moment.
        assert found["offline"] == 0

    await eventually(shows)


def test_the_release_is_that_of_the_distribution() -> None:
    assert release()
