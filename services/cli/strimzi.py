"""Kafka's users and topics as resources of the Strimzi operator, which then keeps them by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from duban_contracts.kafka_users import Quota, Resource, Right, User
from duban_contracts.topics import Topic
from services.chassis.publishing.topics import settings_of

_RESOURCES: Final = {
    Resource.TOPIC: "topic",
    Resource.GROUP: "group",
    Resource.TRANSACTIONAL_ID: "transactionalId",
    Resource.CLUSTER: "cluster",
}


def kafka_users(users: Sequence[User], cluster: str) -> dict[str, Any]:
    """Return a list of KafkaUser resources, for `kubectl apply -f -`; the operator makes each user's password."""
    return {"apiVersion": "v1", "kind": "List", "items": [_kafka_user(user, cluster) for user in users]}


def kafka_topics(topics: Sequence[Topic], replication: int, cluster: str) -> dict[str, Any]:
    """Return a list of KafkaTopic resources, for `kubectl apply -f -`."""
    return {
        "apiVersion": "v1",
        "kind": "List",
        "items": [_kafka_topic(topic, replication, cluster) for topic in topics],
    }


def _kafka_topic(topic: Topic, replication: int, cluster: str) -> dict[str, Any]:
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {"name": topic.name, "labels": {"strimzi.io/cluster": cluster}},
        "spec": {
            "partitions": topic.partitions,
            "replicas": replication,
            "config": settings_of(topic, replication),
        },
    }


def _kafka_user(user: User, cluster: str) -> dict[str, Any]:
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": {"name": user.name, "labels": {"strimzi.io/cluster": cluster}},
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": [_acl(right) for right in user.rights]},
            **({"quotas": _quotas(user.quota)} if user.quota else {}),
        },
    }


def _acl(right: Right) -> dict[str, Any]:
    resource = {"type": _RESOURCES[right.resource]}
    if right.resource is not Resource.CLUSTER:
        resource |= {"name": right.name, "patternType": "prefix" if right.prefixed else "literal"}
    return {"resource": resource, "operations": [str(right.operation)]}


def _quotas(quota: Quota) -> dict[str, int]:
    return {
        "producerByteRate": quota.producer_byte_rate,
        "consumerByteRate": quota.consumer_byte_rate,
        "requestPercentage": quota.request_percentage,
    }
