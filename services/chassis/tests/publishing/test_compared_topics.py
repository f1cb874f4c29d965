from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.topics import KEEP_FOREVER, Topic, city_topics
from services.chassis.publishing.topics import Differences, TopicDescription, compare, settings_of

pytestmark = pytest.mark.pure

HAZARDS = Topic("ledger.hazard.v1", KEEP_FOREVER, 12)
COUNTY = Topic("county.140502.v1", 1000, 1, {"message.timestamp.type": "LogAppendTime"})


def standing(topic: Topic, replication: int = 3, **settings: str) -> TopicDescription:
    named = {name.replace("_", "."): value for name, value in settings.items()}
    return TopicDescription(topic.partitions, replication, settings_of(topic, replication) | named)


def test_an_empty_cluster_lacks_everything() -> None:
    assert compare({}, [HAZARDS, COUNTY], 3).lines() == [
        "+ ledger.hazard.v1: 12 partitions",
        "+ county.140502.v1: 1 partitions",
    ]


@given(st.integers(1, 5))
def test_a_cluster_that_holds_what_is_declared_needs_no_change(copies: int) -> None:
    topics = city_topics(["140502", "140521"])
    assert not compare({topic.name: standing(topic, copies) for topic in topics}, topics, copies)


def test_a_setting_of_operations_own_is_nobodys_business_and_a_declared_one_is_named() -> None:
    found = {
        HAZARDS.name: standing(HAZARDS, segment_bytes="1048576"),
        COUNTY.name: standing(COUNTY, message_timestamp_type="CreateTime", retention_ms="5"),
    }
    assert compare(found, [HAZARDS, COUNTY], 3).lines() == [
        "~ county.140502.v1: retention.ms 5, declared 1000",
        "~ county.140502.v1: message.timestamp.type CreateTime, declared LogAppendTime",
    ]


def test_a_setting_that_is_missing_is_unset() -> None:
    bare = {HAZARDS.name: TopicDescription(12, 3, {"retention.ms": "-1"})}
    assert compare(bare, [HAZARDS], 3).lines() == ["~ ledger.hazard.v1: min.insync.replicas unset, declared 2"]


def test_fewer_copies_and_other_partitions_are_a_persons_to_mend_and_more_copies_are_none() -> None:
    found = {
        HAZARDS.name: replace(standing(HAZARDS), replication=1),
        COUNTY.name: replace(standing(COUNTY), partitions=12),
    }
    changes = compare(found, [HAZARDS, COUNTY], 3)
    assert changes.lines() == [
        "! county.140502.v1: 12 partitions, declared 1",
        "! ledger.hazard.v1: 1 copies, declared 3",
    ]
    assert compare({HAZARDS.name: replace(standing(HAZARDS), replication=5)}, [HAZARDS], 3) == Differences()


@pytest.mark.parametrize(("copies", "in_sync"), [(1, "1"), (2, "1"), (3, "2"), (5, "4")])
def test_an_acknowledged_event_stands_on_all_copies_but_one(copies: int, in_sync: str) -> None:
    assert settings_of(HAZARDS, copies)["min.insync.replicas"] == in_sync
