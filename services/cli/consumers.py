"""`duban pause | resume | drain`: a consumer is stopped, let go on, or waited for until it has read everything."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Final

import typer
from aiokafka import TopicPartition
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

from duban_contracts.topics import CONSUMERS, Consumer, consumer
from services.chassis.consuming import holds
from services.chassis.process.kafka import Broker
from services.cli.changing import Act, DryRun, changing
from services.cli.kafka_standing import look
from services.cli.output import NO, WRONGLY_CALLED, end, good, progress_of, value
from services.cli.surroundings import Account, on_cluster, prefix, run

# Faust keeps its own loop, which knows no holds.
_UNSTOPPABLE: Final = frozenset({"statistics.hazards"})
_LOOK_EVERY_SECONDS: Final = 1.0

Name = Annotated[str, typer.Argument(help="消费者：" + "、".join(each.name for each in CONSUMERS))]


def pause(name: Name, account: Account, dry_run: DryRun = False) -> None:
    """暂停一个消费者：它读的每个分区都停下，什么也不丢；与之相关的督办随之等待。告警会一直提醒，直到恢复。"""
    reader = _known(name)
    if name in _UNSTOPPABLE:
        end(f"{name} 不能暂停；须停下时请停止服务 {reader.service}", WRONGLY_CALLED)
    (reading,) = on_cluster(lambda cluster: look(cluster, prefix(), [reader], ages=False))
    partitions = [TopicPartition(place.topic, place.partition) for place in reading.places]

    async def act() -> list[TopicPartition]:
        async with changing(Act("pause", account, dry_run), [reader.service]) as (change,):
            paused = await holds.pause(change.connection, name, partitions, account)
            change.objects += [name] if paused else []
        return paused

    paused = run(act())
    value("paused", [f"{each.topic}/{each.partition}" for each in paused])
    if not paused:
        end(f"{name} 的 {len(partitions)} 个分区都已停着", NO)
    good(f"{'将暂停' if dry_run else '已暂停'} {name} 的 {len(paused)} 个分区（各进程约 1 秒内停下）")


def resume(name: Name, account: Account, dry_run: DryRun = False) -> None:
    """恢复被 pause 暂停的消费者；因拒收过多而停下的县区不在其内（用 counties resume）。"""
    reader = _known(name)

    async def act() -> int:
        async with changing(Act("resume", account, dry_run), [reader.service]) as (change,):
            resumed = len(await holds.end_pause(change.connection, name, account))
            change.objects += [name] if resumed else []
        return resumed

    resumed = run(act())
    value("resumed", resumed)
    if not resumed:
        end(f"{name} 没有被暂停")
    good(f"{'将恢复' if dry_run else '已恢复'} {name} 的 {resumed} 个分区")


def drain(name: Name, within: Annotated[int, typer.Option(min=0, help="最多等多少秒；0 即只看一次")] = 600) -> None:
    """等一个消费者读完它的主题（先停下写的一方）；读完以 0 退出，到时未完以 1 退出。"""
    reader = _known(name)
    left = on_cluster(lambda cluster: _drained(cluster, reader, within))
    value("behind", left)
    if left:
        end(f"{name} 还落后 {left} 条")
    good(f"{name} 已全部读完")


async def _drained(cluster: Broker, reader: Consumer, within: int) -> int:
    until = time.monotonic() + within
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("还剩 {task.fields[left]} 条"),
        TimeElapsedColumn(),
    )
    with progress_of(*columns) as progress:
        bar = progress.add_task(f"等待 {reader.name}", total=None, left="?")
        most = 0
        while True:
            (reading,) = await look(cluster, prefix(), [reader])
            most = max(most, reading.behind)
            progress.update(bar, total=most or None, completed=most - reading.behind, left=reading.behind)
            if not reading.behind or time.monotonic() >= until:
                return reading.behind
            await asyncio.sleep(_LOOK_EVERY_SECONDS)


def _known(name: str) -> Consumer:
    try:
        return consumer(name)
    except KeyError:
        end(f"没有消费者 {name}；有：{'、'.join(each.name for each in CONSUMERS)}", WRONGLY_CALLED)
