"""Counties' topics have one partition each, so members of a group get whole counties; by range the first one would get them all."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from duban_contracts.topics import claims_topic

TOPICS = {claims_topic(f"99{number:04d}") for number in range(1, 301)}


@pytest.mark.pure
@pytest.mark.parametrize("members", [1, 2, 4, 7])
def test_members_of_a_group_share_a_citys_counties_evenly(members: int) -> None:
    # What the library does unless it is told otherwise, and we tell it nothing.
    [assignor] = inspect.signature(AIOKafkaConsumer).parameters["partition_assignment_strategy"].default
    cluster: Any = SimpleNamespace(partitions_for_topic=lambda _: {0})
    group = {f"member-{number}": assignor.metadata(TOPICS) for number in range(members)}
    given = assignor.assign(cluster, group)
    shares = [sum(len(partitions) for _, partitions in each.assignment) for each in given.values()]
    assert sum(shares) == len(TOPICS)
    assert max(shares) - min(shares) <= 1
