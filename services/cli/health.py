"""`duban health`, `duban lag`: whether the platform stands, and how far behind it is."""

from __future__ import annotations

import os
import re

import httpx
import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from rich.markup import escape
from rich.table import Table

from duban_contracts.topics import CONSUMERS
from services.chassis.process.kafka import Broker, obstacle, options
from services.cli.surroundings import SERVICES, broker, console, run, told


def health() -> None:
    """各服务是否就绪；有一个未就绪即以 1 退出。"""
    table = Table("服务", "状态", "说明")
    ready = True
    for service in SERVICES:
        url = told(f"DUBAN_{service.upper()}_URL")
        try:
            body = httpx.get(f"{url}/readyz", timeout=5).json()
            state, missing = body["status"], "；".join(body["missing"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            state, missing = "unreachable", type(error).__name__
        ready = ready and state == "ready"
        table.add_row(service, state, escape(missing))
    console.print(table)
    raise typer.Exit(0 if ready else 1)


def lag() -> None:
    """各消费者落后多少条记录。"""
    table = Table("消费者", "落后", "分区")
    for name, behind, partitions in run(_lag(broker())):
        table.add_row(name, str(behind), str(partitions))
    console.print(table)


async def _lag(cluster: Broker) -> list[tuple[str, int, int]]:
    prefix = os.environ.get("DUBAN_TOPIC_PREFIX", "")
    if (trouble := await obstacle(cluster)) is not None:
        console.print(f"✗ Kafka {trouble}", markup=False)
        raise typer.Exit(1)
    admin, consumer = AIOKafkaAdminClient(**options(cluster)), AIOKafkaConsumer(**options(cluster))
    await admin.start()
    await consumer.start()
    try:
        found = []
        topics = {each["topic"]: each["partitions"] for each in await admin.describe_topics()}
        for reader in CONSUMERS:
            patterns = [re.escape(f"{prefix}{family}").replace("<code>", "[0-9]{6}") for family in reader.reads]
            read = [topic for topic in topics if any(re.fullmatch(pattern, topic) for pattern in patterns)]
            committed = await admin.list_consumer_group_offsets(f"{prefix}{reader.group}")
            there = {TopicPartition(topic, each["partition"]) for topic in read for each in topics[topic]}
            # A partition of which nothing was committed is behind by all that it holds.
            partitions = sorted(there | committed.keys())
            ends = await consumer.end_offsets(partitions) if partitions else {}
            begins = await consumer.beginning_offsets(partitions) if partitions else {}
            behind = sum(
                max(0, ends[each] - max(begins[each], committed[each].offset if each in committed else 0))
                for each in partitions
            )
            found.append((reader.name, behind, len(partitions)))
        return found
    finally:
        await admin.close()
        await consumer.stop()
