"""A broker as SECURE=1 sets it up, with the topics and users of three counties, and clients that come to it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer

from deploy.local import ephemeral
from deploy.local.ephemeral import KafkaCluster
from duban_contracts.kafka_users import ADMIN, Quota, Quotas, User, city_users
from duban_contracts.topics import city_topics
from services.chassis.process.kafka import Broker
from services.chassis.publishing import topics, users
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.testing.processes import own_tree

A, B, SLOW = "140502", "140521", "140522"
COUNTIES = [A, B, SLOW]
PATIENCE = 120.0
REFUSED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
QUOTAS = Quotas(exceptions={SLOW: Quota(producer_byte_rate=1024)})
USERS = city_users(COUNTIES, quotas=QUOTAS)
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class City:
    """A secured broker with the topics and users of three counties."""

    cluster: KafkaCluster
    profile: Path

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
        made = City(cluster, _profile(cluster.security.directory.parent / "profile"))
        ephemeral.in_own_loop(topics.apply(made.broker(ADMIN), city_topics(COUNTIES)))
        ephemeral.in_own_loop(made.admit(USERS))
        yield made


def _profile(directory: Path) -> Path:
    directory.mkdir()
    regions = [{"code": "140500", "name": "晋城市", "level": "city"}]
    regions += [{"code": county, "name": f"县{county}", "level": "county"} for county in COUNTIES]
    city = {"code": "140500", "name": "晋城市", "timezone": "Asia/Shanghai", "regions": regions}
    (directory / "city.json").write_text(json.dumps(city), encoding="utf-8")
    (directory / "quotas.json").write_text(msgspec.json.encode(QUOTAS).decode(), encoding="utf-8")
    return directory


def produce(client: dict[str, Any], topic: str, value: bytes = b"{}") -> KafkaError | None:
    """Write one record and return what the broker had against it."""
    outcome: list[KafkaError | None] = []
    producer = Producer({"acks": "all", "enable.idempotence": True, "message.timeout.ms": 120_000, **client})
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


def duban(city: City, user: str, *arguments: str, **more: str) -> tuple[int, str]:
    """Run the `duban` command as `user`; return its exit code and what it said."""
    told = city.cluster.security.environment(user)
    place = {"DUBAN_KAFKA_BOOTSTRAP": city.cluster.bootstrap, "DUBAN_PROFILE": str(city.profile), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "services.cli.command_line", *arguments],
        cwd=ROOT,
        env={**own_tree(), **place, **told, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
