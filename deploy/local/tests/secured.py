"""A broker as SECURE=1 sets it up, with the topics and users of three counties, and clients that come to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer

from deploy.local import ephemeral
from deploy.local.ephemeral import KafkaCluster
from duban_contracts.kafka_users import ADMIN, Quota, Quotas, User, city_users
from duban_contracts.topics import city_topics
from services.chassis.process.kafka import Broker
from services.chassis.publishing import topics, users
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import ReliableProducer

A, B, SLOW = "140502", "140521", "140522"
COUNTIES = [A, B, SLOW]
PATIENCE = 30.0
REFUSED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
USERS = city_users(COUNTIES, quotas=Quotas(exceptions={SLOW: Quota(producer_byte_rate=1024)}))


@dataclass(frozen=True)
class City:
    """A secured broker with the topics and users of three counties."""

    cluster: KafkaCluster

    def broker(self, user: str) -> Broker:
        """How a process of ours reaches it as `user`."""
        return self.cluster.security.broker(self.cluster.bootstrap, user)

    def client(self, user: str, **more: object) -> dict[str, Any]:
        """What a client on librdkafka is told."""
        return {**self.cluster.security.client(user, self.cluster.bootstrap), "log_level": 0, **more}

    async def admit(self, declared: list[User], *, remove_others: bool = False) -> users.Changes:
        """Apply users as provisioning does."""
        passwords = {user.name: self.cluster.security.password(user.name) for user in declared}
        return await users.apply(self.broker(ADMIN), declared, passwords, remove_others=remove_others)


@contextmanager
def secured_city() -> Iterator[City]:
    """Run the broker for the length of the `with` block."""
    with ephemeral.kafka(secure=True, heap="256m") as cluster:
        made = City(cluster)
        ephemeral.in_own_loop(topics.apply(made.broker(ADMIN), city_topics(COUNTIES)))
        ephemeral.in_own_loop(made.admit(USERS))
        yield made


def produce(client: dict[str, Any], topic: str, value: bytes = b"{}") -> KafkaError | None:
    """Write one record and return what the broker had against it."""
    outcome: list[KafkaError | None] = []
    producer = Producer({"acks": "all", "enable.idempotence": True, "message.timeout.ms": 20_000, **client})
    try:
        producer.produce(topic, value, key=b"R-1", on_delivery=lambda error, _message: outcome.append(error))
    except KafkaException as error:
        return error.args[0]  # type: ignore[no-any-return]
    producer.flush(PATIENCE)
    return outcome[0] if outcome else KafkaError(KafkaError._TIMED_OUT)


def read(client: dict[str, Any], topic: str, group: str) -> Message:
    """Return the first record or error that a member of `group` meets on `topic`."""
    consumer = Consumer({"group.id": group, "auto.offset.reset": "earliest", **client})
    try:
        consumer.subscribe([topic])
        for _ in range(int(PATIENCE)):
            if (message := consumer.poll(1)) is not None:
                return message
    finally:
        consumer.close()
    raise AssertionError(f"neither a record of {topic} nor a refusal")


def code(error: KafkaError | None) -> int | None:
    """Return the number of an error, None for none."""
    return error.code() if error is not None else None


async def put(broker: Broker, topic: str, value: bytes) -> Exception | None:
    """Write one record with our own producer."""
    producer = ReliableProducer(broker, "test", timeout=20)
    try:
        return (await producer.publish([OutboxMessage(topic, b"R-1", value, [])]))[0]
    finally:
        await producer.stop()


@asynccontextmanager
async def listening(certificate: Path) -> AsyncIterator[str]:
    """Something that speaks TLS, shows this certificate, and then hangs up."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
