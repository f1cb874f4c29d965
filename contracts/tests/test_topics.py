from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.codec import event_types, lookup
from duban_contracts.topics import (
    CONSUMERS,
    COUNTY_PARTITIONS,
    KEEP_FOREVER,
    PARTITIONS,
    TopicFamily,
    city_topics,
    claims_topic,
    consumer,
    county_of,
    dead_letter_topic,
    feedback_topic,
    needed_by,
    readers,
    taken_by,
    takers,
)

counties = st.from_regex(r"\A[0-9]{6}\Z")
prefixes = st.sampled_from(["", "demo.", "test-1.county.", "a.b."])


@given(counties, prefixes)
def test_a_claims_topic_says_whose_it_is(county: str, prefix: str) -> None:
    assert county_of(claims_topic(county, prefix)) == county


@given(counties, prefixes)
def test_no_other_topic_lets_a_county_speak(county: str, prefix: str) -> None:
    assert county_of(feedback_topic(county, prefix)) is None
    for each in CONSUMERS:
        assert county_of(dead_letter_topic(each.name, prefix)) is None


@pytest.mark.parametrize(
    "topic", ["", "county.14050.v1", "county.1405021.v1", "county.140502.v2", "xcounty.140502.v1", "county.140502.v1\n"]
)
def test_what_only_looks_like_a_claims_topic_is_none(topic: str) -> None:
    assert county_of(topic) is None


def test_every_topic_of_a_city_is_declared_once_with_twelve_partitions() -> None:
    topics = city_topics(["140502", "140521"], "demo.")
    names = [topic.name for topic in topics]
    assert len(names) == len(set(names))
    assert all(name.startswith("demo.") for name in names)
    of_counties = {topic.partitions for topic in topics if "county." in topic.name}
    assert of_counties == {COUNTY_PARTITIONS} == {1}
    assert {topic.partitions for topic in topics if "county." not in topic.name} == {PARTITIONS}
    assert {f"demo.{dead_letter_topic(each.name)}" for each in CONSUMERS} <= set(names)


def test_the_brokers_clock_dates_claims_and_history_is_kept_for_good() -> None:
    by_name = {topic.name: topic for topic in city_topics(["140502"])}
    assert by_name["county.140502.v1"].config["message.timestamp.type"] == "LogAppendTime"
    assert by_name[TopicFamily.HAZARD].retention_ms == KEEP_FOREVER


def test_a_consumer_is_declared_once_with_what_it_reads_and_its_group() -> None:
    names = [each.name for each in CONSUMERS]
    assert len(names) == len(set(names))
    for each in CONSUMERS:
        assert each.reads
        assert each.name.startswith(f"{each.service}.")
        assert consumer(each.name) is each
    groups = {each.group for each in CONSUMERS}
    assert len(groups) == len(CONSUMERS)
    assert consumer("statistics.hazards").group == "statistics"
    assert consumer("ledger.claims").group == "ledger.claims"
    with pytest.raises(KeyError):
        consumer("ledger.rumours")


def test_each_event_of_a_topic_that_several_read_is_one_readers_alone() -> None:
    claims = [each for each in CONSUMERS if TopicFamily.CLAIMS in each.reads]
    (rest,) = [each.name for each in claims if not each.alone]
    alone = {kind: each.name for each in claims for kind in each.alone}
    for kind in [entry.name for entry in event_types()] + ["duban.task.reported.v2", "", None]:
        assert takers(TopicFamily.CLAIMS, kind) == (alone.get(kind or "", rest),)
    assert takers(TopicFamily.CLAIMS, "duban.task.reported.v1") == ("scheduler.claims",)
    assert rest == "ledger.claims"


def test_what_a_consumer_takes_alone_is_an_event_of_what_it_reads() -> None:
    for each in CONSUMERS:
        for kind in each.alone | each.only:
            assert lookup(kind).family in each.reads
        assert not (each.alone and each.only)
    assert taken_by("scheduler.hazards") is None
    assert taken_by("of.a.test") is None
    assert "duban.hazard.first_confirmed.v1" in needed_by("notifications.hazards")
    assert needed_by("scheduler.hazards") == needed_by("of.a.test") == frozenset()


def test_the_readers_of_a_topic_are_its_consumers() -> None:
    assert readers(TopicFamily.HAZARD) == ("scheduler", "notifications", "statistics")
    assert readers(TopicFamily.SUPERVISION) == ("ledger", "notifications")
    assert readers(TopicFamily.NOTICE) == ("ledger",)
    assert readers(TopicFamily.TASK) == ("ledger", "notifications")
