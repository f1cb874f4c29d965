"""A broker as SECURE=1 sets it up, and clients of all kinds before it: who comes in, and how far."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deploy.local.certificates import Authority
from deploy.local.tests.secured import (
    COUNTIES,
    PATIENCE,
    REFUSED,
    SLOW,
    USERS,
    A,
    B,
    City,
    code,
    duban,
    produce,
    put,
    read,
    secured_city,
)
from duban_contracts.kafka_users import (
    ADMIN,
    OPERATOR,
    Operation,
    Resource,
    Right,
    User,
    city_users,
    county_user,
    service_user,
)
from duban_contracts.topics import claims_topic, feedback_topic
from services.chassis.consuming.raw_fetch import fetch_batch
from services.chassis.process import tls
from services.chassis.process.kafka import Broker, obstacle, options
from services.chassis.publishing import users

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    with secured_city() as made:
        yield made


@pytest.mark.promise("P1")
async def test_a_county_writes_its_claims_and_reads_its_answers_as_the_client_page_says(city: City) -> None:
    page = (ROOT / "docs" / "clients" / "python.md").read_text(encoding="utf-8")
    printed = re.search(r"```properties\n(.*?)```", page, re.DOTALL)
    assert printed
    settings = dict(line.split("=", 1) for line in printed.group(1).splitlines())
    assert settings.pop("sasl.username") == county_user(A)
    own = city.client(county_user(A))
    client = {**own, **settings, "sasl.password": own["sasl.password"], "ssl.ca.location": own["ssl.ca.location"]}
    assert code(produce(client, claims_topic(A), b"said")) is None
    assert await put(city.broker(service_user("ledger")), feedback_topic(A), b"answered") is None
    for group in (county_user(A), f"{county_user(A)}.archive"):
        assert read(client, feedback_topic(A), group).value() == b"answered"


@pytest.mark.parametrize(
    "topic",
    [
        claims_topic(B),
        feedback_topic(B),
        feedback_topic(A),
        "ledger.hazard.v1",
        "scheduler.task.v1",
        "ledger.claims.dlq.v1",
    ],
)
def test_a_county_writes_to_no_other_topic(city: City, topic: str) -> None:
    assert code(produce(city.client(county_user(A)), topic)) == KafkaError.TOPIC_AUTHORIZATION_FAILED


@pytest.mark.parametrize("topic", [claims_topic(B), feedback_topic(B), "ledger.hazard.v1", "notifications.notice.v1"])
def test_a_county_reads_no_other_topic(city: City, topic: str) -> None:
    refusal = read(city.client(county_user(A)), topic, county_user(A)).error()
    assert code(refusal) == KafkaError.TOPIC_AUTHORIZATION_FAILED


@pytest.mark.parametrize("group", [county_user(B), "ledger.claims", "anything"])
def test_a_county_uses_no_group_of_others(city: City, group: str) -> None:
    refusal = read(city.client(county_user(A)), feedback_topic(A), group).error()
    assert code(refusal) == KafkaError.GROUP_AUTHORIZATION_FAILED


def test_a_county_sees_its_own_two_topics_and_administers_nothing(city: City) -> None:
    admin = AdminClient(city.client(county_user(A)))
    assert set(admin.list_topics(timeout=PATIENCE).topics) == {claims_topic(A), feedback_topic(A)}
    for answer in (
        admin.create_topics([NewTopic("more", 1, 1)]),
        admin.delete_topics([claims_topic(A)]),
        admin.delete_consumer_groups(["ledger.claims"]),
    ):
        (future,) = answer.values()
        with pytest.raises(KafkaException) as refused:
            future.result(PATIENCE)
        assert code(refused.value.args[0]) in REFUSED


def test_a_countys_transactions_have_its_name_and_a_bound(city: City) -> None:
    own = Producer(city.client(county_user(A), **{"transactional.id": f"{county_user(A)}.1"}))
    own.init_transactions(PATIENCE)
    own.begin_transaction()
    own.produce(claims_topic(A), b"taken back")
    own.abort_transaction(PATIENCE)
    foreign = Producer(city.client(county_user(A), **{"transactional.id": county_user(B)}))
    with pytest.raises(KafkaException) as refused:
        foreign.init_transactions(PATIENCE)
    assert code(refused.value.args[0]) == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    endless = {"transactional.id": f"{county_user(A)}.2", "transaction.timeout.ms": 61_000}
    with pytest.raises(KafkaException, match="timeout is larger than the maximum") as refused:
        Producer(city.client(county_user(A), **endless)).init_transactions(PATIENCE)
    assert code(refused.value.args[0]) == KafkaError.INVALID_TRANSACTION_TIMEOUT


def test_who_writes_more_than_its_quota_is_slowed_down_and_loses_nothing(city: City) -> None:
    waits: list[float] = []
    outcomes: list[KafkaError | None] = []
    slowed = {"linger.ms": 0, "throttle_cb": lambda event: waits.append(event.throttle_time)}
    producer = Producer(city.client(county_user(SLOW), **slowed))
    # A minute's worth at once: it is taken, and the answer says for how long the broker wants to hear no more.
    producer.produce(claims_topic(SLOW), bytes(65_536), on_delivery=lambda error, _message: outcomes.append(error))
    for _ in range(int(PATIENCE)):
        producer.poll(1)
        if outcomes and any(waits):
            break
    assert outcomes == [None]
    assert max(waits) > 0


@pytest.mark.parametrize(
    ("service", "topic", "allowed"),
    [
        ("gateway", claims_topic(B), True),
        ("ledger", "ledger.hazard.v1", True),
        ("ledger", "ledger.claims.dlq.v1", True),
        ("scheduler", "notifications.notice.v1", False),
        ("scheduler", "scheduler.supervision.v1", True),
        ("notifications", claims_topic(B), False),
        ("statistics", "statistics-hazards-changelog", True),
        ("gateway", "statistics-hazards-changelog", False),
    ],
)
async def test_a_service_writes_what_it_has_to(city: City, service: str, topic: str, *, allowed: bool) -> None:
    refusal = await put(city.broker(service_user(service)), topic, b"x")
    assert (refusal is None) == allowed
    assert allowed or "TopicAuthorizationFailed" in str(refusal)


async def test_a_service_reads_in_its_group_and_batches_as_bytes(city: City) -> None:
    topic, broker = claims_topic(B), city.broker(service_user("ledger"))
    assert await put(city.broker(service_user("gateway")), topic, b"claim") is None
    consumer = AIOKafkaConsumer(
        topic, **options(broker), group_id="ledger.claims", auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        record = await asyncio.wait_for(consumer.getone(), PATIENCE)
        await consumer.commit()
        fetched = await fetch_batch(consumer, TopicPartition(topic, 0), record.offset)
        assert fetched.batch.base_offset == record.offset
    finally:
        await consumer.stop()


async def test_who_does_not_come_in_is_told_why(city: City, tmp_path: Path) -> None:
    known, bootstrap = city.broker(county_user(A)), city.cluster.bootstrap
    foreign = tls.context(ca=Authority.at(tmp_path / "another").certificate)
    said = {
        "in": await obstacle(known),
        "password": await obstacle(Broker(bootstrap, "SASL_SSL", username=known.username, password="x", tls=known.tls)),
        "user": await obstacle(Broker(bootstrap, "SASL_SSL", username="county-1", password="x", tls=known.tls)),
        "authority": await obstacle(
            Broker(bootstrap, "SASL_SSL", username=known.username, password=known.password, tls=foreign)
        ),
        "plain": await obstacle(bootstrap),
        "nameless": await obstacle(Broker(bootstrap, "SSL", tls=known.tls)),
    }
    assert said == {
        "in": None,
        "password": f"{bootstrap}: it knows no user county-140502 with this password",
        "user": f"{bootstrap}: it knows no user county-1 with this password",
        "authority": f"{bootstrap}: its certificate comes from an authority that isn't trusted here: "
        "is this the right CA file?",
        "plain": f"{bootstrap}: it hung up: it may demand TLS and a user (DUBAN_KAFKA_SECURITY=SASL_SSL)",
        "nameless": f"{bootstrap}: it hung up: it may demand a user (DUBAN_KAFKA_SECURITY=SASL_SSL), "
        "or a certificate of this client",
    }


async def test_applying_again_changes_nothing_and_mends_what_somebody_did_by_hand(city: City) -> None:
    assert not await city.admit(USERS)
    by_hand = Right(Resource.TOPIC, "ledger.hazard.v1", Operation.READ)
    generous = [User(user.name, (*user.rights, by_hand), user.quota) for user in USERS if user.name == county_user(B)]
    await city.admit(generous)
    assert (await users.differences(city.broker(OPERATOR), USERS)).lines() == [
        "- county-140521: Read Topic ledger.hazard.v1"
    ]
    await city.admit(USERS)
    assert not await users.differences(city.broker(OPERATOR), USERS)


async def test_a_county_that_left_comes_in_no_more(city: City) -> None:
    gone = city_users([*COUNTIES, "140599"])
    await city.admit(gone)
    assert await obstacle(city.broker("county-140599")) is None
    changes = await city.admit(USERS)
    assert not changes.others, "what is declared nowhere is left alone, unless one says so"
    await city.admit(USERS, remove_others=True)
    assert await obstacle(city.broker("county-140599")) is not None


def test_the_command_compares_and_applies_and_tells_who_may_not(city: City) -> None:
    _, said = duban(
        city, ADMIN, "kafka", "apply", "--passwords", str(city.cluster.security.directory), "--remove-others"
    )
    assert "✓ 9 个用户" in said
    assert duban(city, OPERATOR, "kafka", "check") == (0, "✓ 用户、权限和配额与城市配置一致\n")
    status, said = duban(city, county_user(A), "kafka", "check")
    assert (status, "ClusterAuthorizationFailed" in said) == (1, True)
    status, said = duban(city, OPERATOR, "lag", DUBAN_KAFKA_PASSWORD_FILE=str(city.cluster.security.ca))
    assert (status, "it knows no user duban-operator with this password" in said) == (1, True)


def test_the_operator_compares_topics_and_a_county_may_not(city: City) -> None:
    copies = {"DUBAN_TOPIC_REPLICATION": "1"}
    code, said = duban(city, OPERATOR, "topics", "check", **copies)
    assert (code, "与城市配置一致" in said) == (0, True), said
    assert duban(city, county_user(A), "topics", "check", **copies)[0] == 1
