"""A topic that the broker refuses holds back itself alone."""

from __future__ import annotations

import pytest

from deploy.local.tests.secured import A, secured_city
from duban_contracts.kafka_users import service_user
from duban_contracts.topics import feedback_topic
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import ReliableProducer


@pytest.mark.servers
@pytest.mark.promise("P3")
async def test_a_topic_that_is_not_ours_holds_back_no_other_one() -> None:
    topics = ["not.ours.v1", feedback_topic(A)]
    with secured_city() as city:
        producer = ReliableProducer(city.broker(service_user("ledger")), "test", timeout=60)
        refused, arrived = await producer.publish([OutboxMessage(topic, b"R-1", b"{}", []) for topic in topics])
        await producer.stop()
    assert "TopicAuthorizationFailedError" in str(refused)
    assert arrived is None
