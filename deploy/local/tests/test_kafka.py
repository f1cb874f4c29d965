from __future__ import annotations

from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from deploy.local import ephemeral
from deploy.local.java import Java
from deploy.local.kafka import Cluster, Node
from deploy.local.security import Security
from deploy.local.trouble import Trouble

pytestmark = pytest.mark.servers


async def test_a_killed_broker_comes_back_with_its_records_and_makes_no_topic_by_itself() -> None:
    with ephemeral.kafka() as cluster:
        await _create(cluster.bootstrap, "kept", copies=1)
        await _send(cluster.bootstrap, "kept", b"before")
        cluster.kill()
        cluster.start()
        assert await _read(cluster.bootstrap, "kept") == [b"before"]
        consumer = AIOKafkaConsumer(bootstrap_servers=cluster.bootstrap)
        await consumer.start()
        assert "never-made" not in await consumer.topics()
        await consumer.stop()
        with pytest.raises(UnknownTopicOrPartitionError):
            await _delete(cluster.bootstrap, "never-made")


@pytest.mark.chaos
@pytest.mark.platform
async def test_three_nodes_go_on_without_the_one_that_led() -> None:
    with ephemeral.kafka(brokers=3) as cluster:
        await _create(cluster.bootstrap, "kept", copies=3)
        await _send(cluster.bootstrap, "kept", b"one")
        cluster.kill(1)
        await _send(cluster.bootstrap, "kept", b"two")
        assert await _read(cluster.bootstrap, "kept") == [b"one", b"two"]
        cluster.start(1)


def test_a_cluster_of_another_size_is_refused_rather_than_reformatted(tmp_path: Path) -> None:
    formatted = tmp_path / "node-1" / "data"
    formatted.mkdir(parents=True)
    (formatted / "meta.properties").write_text("node.id=1\n")
    nodes = tuple(Node(number, 1, 2, tmp_path / f"node-{number}") for number in (1, 2, 3))
    with pytest.raises(Trouble, match="BROKERS asks for 3"):
        Cluster(nodes, tmp_path, Java(Path("java"), 17, "test")).prepare()


def test_every_listener_is_on_loopback_and_three_nodes_replicate(tmp_path: Path) -> None:
    nodes = tuple(Node(number, number, 10 + number, tmp_path / f"node-{number}") for number in (1, 2, 3))
    text = Cluster(nodes, tmp_path, Java(Path("java"), 17, "test")).properties_of(nodes[0])
    properties = dict(line.split("=", 1) for line in text.splitlines())
    assert properties["auto.create.topics.enable"] == "false"
    assert (properties["default.replication.factor"], properties["min.insync.replicas"]) == ("3", "2")
    for listener in properties["listeners"].split(","):
        assert "//127.0.0.1:" in listener


def test_a_secured_node_demands_users_and_certificates_and_gives_nobody_a_right(tmp_path: Path) -> None:
    node = Node(1, 1, 2, tmp_path / "node-1", 3)
    security = Security(tmp_path / "credentials")
    text = Cluster((node,), tmp_path, Java(Path("java"), 17, "test"), security=security).properties_of(node)
    properties = dict(line.split("=", 1) for line in text.splitlines())
    assert properties["advertised.listeners"] == "SASL_SSL://127.0.0.1:1,INTERNAL://127.0.0.1:3"
    assert "PLAINTEXT" not in text
    assert properties["allow.everyone.if.no.acl.found"] == "false"
    assert properties["super.users"] == "User:CN=duban-broker;User:duban-admin"
    for listener in ("internal", "controller"):
        assert properties[f"listener.name.{listener}.ssl.client.auth"] == "required"
    assert security.password("duban-admin") not in text


@pytest.mark.parametrize("secured", [True, False])
def test_a_cluster_of_another_kind_is_refused_rather_than_opened(tmp_path: Path, *, secured: bool) -> None:
    node = Node(1, 1, 2, tmp_path / "node-1", 3)
    (node.data).mkdir(parents=True)
    (node.data / "meta.properties").write_text("node.id=1\n")
    node.properties.write_text(
        "listeners=SASL_SSL://127.0.0.1:1\n" if secured else "listeners=PLAINTEXT://127.0.0.1:1\n"
    )
    security = None if secured else Security(tmp_path / "credentials")
    with pytest.raises(Trouble, match=f"Use SECURE={int(secured)}, or `make reset`"):
        Cluster((node,), tmp_path, Java(Path("java"), 17, "test"), security=security).prepare()
    assert not (tmp_path / "credentials").exists()


async def _create(bootstrap: str, topic: str, copies: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=copies)])
    finally:
        await admin.close()


async def _delete(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer = await admin.delete_topics([topic])
        if answer.topic_error_codes[0][1] == UnknownTopicOrPartitionError.errno:
            raise UnknownTopicOrPartitionError
    finally:
        await admin.close()


async def _send(bootstrap: str, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", request_timeout_ms=30_000)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, partition=0)
    finally:
        await producer.stop()


async def _read(bootstrap: str, topic: str) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        return [(await consumer.getone()).value for _ in range(end)]
    finally:
        await consumer.stop()
