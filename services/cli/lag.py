"""`duban lag`: how far each consumer is behind, by partition too, and how long the oldest record waits."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from duban_contracts.topics import CONSUMERS
from services.cli.kafka_standing import Reading, look
from services.cli.output import rows
from services.cli.surroundings import on_cluster, prefix

COLUMNS: Final = {
    "consumer": "消费者",
    "behind": "落后",
    "waiting_since": "最早未读",
    "partitions": "分区",
    "members": "成员",
}


def lag(
    *,
    partitions: Annotated[bool, typer.Option("--partitions", help="逐个列出落后的分区")] = False,
) -> None:
    """各消费者落后多少条记录（按位点计；从未提交过位点的分区按全部计），最早一条等了多久。"""
    found = on_cluster(lambda cluster: look(cluster, prefix(), CONSUMERS))
    rows("consumers", COLUMNS, [summary(reading) for reading in found])
    if partitions:
        rows("partitions", _PLACES, _places(found), nothing="没有落后的分区")


_PLACES: Final = {
    "consumer": "消费者",
    "topic": "主题",
    "partition": "分区",
    "committed": "已读到",
    "end": "末尾",
    "behind": "落后",
    "waiting_since": "最早未读",
}


def summary(reading: Reading) -> dict[str, Any]:
    """Return a consumer as one row."""
    return {
        "consumer": reading.consumer,
        "behind": reading.behind,
        "waiting_since": reading.waiting_since,
        "partitions": len(reading.places),
        "members": reading.members,
    }


def _places(found: list[Reading]) -> list[dict[str, Any]]:
    return [
        {
            "consumer": reading.consumer,
            "topic": place.topic,
            "partition": place.partition,
            "committed": place.committed,
            "end": place.end,
            "behind": place.behind,
            "waiting_since": place.waiting_since,
        }
        for reading in found
        for place in reading.places
        if place.behind
    ]
