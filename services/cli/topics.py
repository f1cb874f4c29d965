"""`duban topics`: the city's topics as declared: print them, compare them with a cluster, apply them there."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from duban_contracts.topics import DAY_MS, KEEP_FOREVER, Topic, city_topics
from services.chassis.process.kafka import Broker
from services.chassis.process.secret_files import given
from services.chassis.publishing import topics
from services.chassis.publishing.topics import Differences, TooFewBrokers, TopicMismatch
from services.cli.output import NO, WRONGLY_CALLED, Commands, end, good, note, rows, text, value, waiting
from services.cli.strimzi import kafka_topics
from services.cli.surroundings import city, on_cluster

commands = Commands(help="Kafka 主题：分区、副本、保留期", no_args_is_help=True)

REPLICATION: Final = "DUBAN_TOPIC_REPLICATION"
_USUAL_REPLICATION: Final = "3"


class Form(StrEnum):
    """How topics are printed."""

    TABLE = "table"
    STRIMZI = "strimzi"


@commands.command("list")
def list_topics(
    form: Annotated[Form, typer.Option("--format", help="strimzi：供 kubectl apply 的 KafkaTopic 清单")] = Form.TABLE,
    cluster: Annotated[str, typer.Option(help="Strimzi 集群名称，写入标签 strimzi.io/cluster")] = "kafka",
) -> None:
    """按城市配置（DUBAN_PROFILE）列出应有的主题；不连接 Kafka。"""
    declared, replication = _declared(), _replication()
    if form is Form.STRIMZI:
        text("manifest", json.dumps(kafka_topics(declared, replication, cluster), ensure_ascii=False, indent=1) + "\n")
        return
    columns = {"topic": "主题", "partitions": "分区", "replication": "副本", "kept": "保留", "others": "其他设置"}
    rows("topics", columns, [_told(topic, replication) for topic in declared])


@commands.command()
def check() -> None:
    """比较集群与城市配置；有差异时逐行列出（+ 缺少，~ 设置不同，! 须人工处理）并以 1 退出。"""
    declared = _declared()
    with waiting("主题"):
        changes = differences_now()
    _tell(changes)
    if changes:
        end(f"{len(changes.lines())} 处不同", NO)
    good(f"{len(declared)} 个主题与城市配置一致")


def differences_now() -> Differences:
    """Return where the cluster's topics differ from the profile's; ends the command when either can't be told."""
    declared, replication = _declared(), _replication()
    return _on_cluster(lambda broker: topics.differences(broker, declared, replication))


@commands.command()
def apply() -> None:
    """建立缺少的主题并改正设置，其他设置保留；分区数和副本数不改。须以 Kafka 管理员身份连接。"""
    declared, replication = _declared(), _replication()
    with waiting("主题"):
        changes = _on_cluster(lambda broker: topics.apply(broker, declared, replication))
    _tell(changes)
    made = len(changes.missing) + len(changes.settings)
    good(f"{len(declared)} 个主题；{made} 个有改动")
    if changes.replication:
        end("有主题的副本数与声明不同，须人工处理", NO)


def _on_cluster(work: Callable[[Broker], Awaitable[Differences]]) -> Differences:
    try:
        return on_cluster(work)
    except (TooFewBrokers, TopicMismatch) as refused:
        end(str(refused), NO)


def _tell(changes: Differences) -> None:
    value("differences", changes.lines())
    for line in changes.lines():
        note(line)


def _told(topic: Topic, replication: int) -> dict[str, Any]:
    forever = topic.retention_ms == KEEP_FOREVER
    return {
        "topic": topic.name,
        "partitions": topic.partitions,
        "replication": replication,
        "retention_ms": topic.retention_ms,
        "config": dict(topic.config),
        "kept": "永久" if forever else f"{topic.retention_ms // DAY_MS} 天",
        "others": "\n".join(f"{name}={each}" for name, each in topic.config.items()) or "—",
    }


def _declared() -> list[Topic]:
    return city_topics([county.code for county in city().counties], given("DUBAN_TOPIC_PREFIX") or "")


def _replication() -> int:
    said = os.environ.get(REPLICATION) or _USUAL_REPLICATION
    if not said.isdigit() or not int(said):
        end(f"{REPLICATION} 应为正整数，现为 {said!r}", WRONGLY_CALLED)
    return int(said)
