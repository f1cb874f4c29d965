"""`duban status`: the whole platform on one screen, and what of it needs a person."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import httpx
import typer
from prometheus_client.parser import text_string_to_metric_families

from duban_contracts.topics import CONSUMERS
from services.chassis.process.kafka import obstacle
from services.cli import backup
from services.cli.kafka_standing import look
from services.cli.lag import COLUMNS, summary
from services.cli.output import NEEDS_A_PERSON, WRONGLY_CALLED, ago, as_json, bad, console, end, good, note, rows, value
from services.cli.surroundings import SERVICES, broker, database, on_cluster, prefix, run, told

_ASK_SECONDS: Final = 10
# Gauges of the self-audits that are 0 where all is well.
AUDITS: Final = {
    "duban_supervision_missed": "到期督办自查",
    "duban_tasks_wrong": "任务自查",
    "duban_planning_wrong": "排期自查",
}
# What keeps a row of the outbox longer than this is no usual load: Kafka is away, or the relay stands.
_OUTBOX_SECONDS: Final = 60

Watch = Annotated[int | None, typer.Option("--watch", min=1, help="每隔多少秒重新显示，直到按下 Ctrl-C")]


def status(watch: Watch = None) -> None:
    """一屏看全平台：服务与版本、消费者、待发、死信、等待、送达、自查、备份；有需要处理的即以 3 退出。"""
    if watch is None:
        raise typer.Exit(NEEDS_A_PERSON if _show() else 0)
    if as_json():
        end("--watch 与 --json 不能同用", WRONGLY_CALLED)
    while True:
        console.clear()
        _show()
        time.sleep(watch)


def _show() -> list[str]:
    """Print how everything stands; return what needs a person."""
    value("at", datetime.now(UTC))
    services, audits = _services()
    worries = [
        f"{each['service']}：{each['missing'] or each['state']}" for each in services if each["state"] != "ready"
    ]
    rows("services", {"service": "服务", "state": "状态", "version": "版本", "missing": "尚缺"}, services)
    consumers = _consumers(worries)
    rows("consumers", COLUMNS, consumers)
    stores = run(_stores())
    worries += [worry for store in stores for worry in _of_store(store)]
    rows("stores", _STORES, stores)
    if audits:
        rows("audits", {"in_words": "自查", "found": "问题"}, audits)
    worries += [f"{each['in_words']}：{each['found']} 处" for each in audits if each["found"]]
    _backup(worries)
    value("worries", worries)
    for worry in worries:
        bad(worry)
    if not worries:
        good("没有需要处理的")
    return worries


_STORES: Final = {
    "service": "数据库",
    "outbox": "待发事件",
    "outbox_since": "最早待发",
    "dead_letters": "死信",
    "parked": "等前一版本",
    "held": "停下的分区",
    "deliveries": "未送达",
}


def _services() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    found, audits = [], []
    for service in SERVICES:
        url = told(f"DUBAN_{service.upper()}_URL")
        row: dict[str, Any] = {"service": service, "state": "unreachable", "version": None, "missing": ""}
        try:
            body = httpx.get(f"{url}/readyz", timeout=_ASK_SECONDS).json()
            row |= {"state": body["status"], "missing": "；".join(body["missing"])}
            gauges = httpx.get(f"{url}/metrics", timeout=_ASK_SECONDS).text
        except (httpx.HTTPError, ValueError, KeyError) as error:
            row["missing"] = type(error).__name__
        else:
            for family in text_string_to_metric_families(gauges):
                if family.name == "duban_build_info":
                    row["version"] = next((sample.labels.get("version") for sample in family.samples), None)
                elif family.name in AUDITS:
                    wrong = int(sum(sample.value for sample in family.samples))
                    audits.append({"metric": family.name, "in_words": AUDITS[family.name], "found": wrong})
        found.append(row)
    return found, audits


def _consumers(worries: list[str]) -> list[dict[str, Any]]:
    if (trouble := run(obstacle(broker()))) is not None:
        worries.append(f"Kafka {trouble}")
        return []
    found = [summary(each) for each in on_cluster(lambda cluster: look(cluster, prefix(), CONSUMERS))]
    worries += [f"{each['consumer']} 没有成员在读" for each in found if not each["members"]]
    worries += [
        f"{each['consumer']} 落后，最早一条在 {ago(each['waiting_since'])}"
        for each in found
        if each["waiting_since"] and (datetime.now(UTC) - each["waiting_since"]).total_seconds() > _OUTBOX_SECONDS
    ]
    return found


async def _stores() -> list[dict[str, Any]]:
    return list(await asyncio.gather(*(_store(service) for service in SERVICES)))


async def _store(service: str) -> dict[str, Any]:
    try:
        async with database(service) as connection:
            row = await connection.fetchrow(
                """SELECT (SELECT count(*) FROM outbox) AS outbox, (SELECT min(created_at) FROM outbox) AS outbox_since,
                          (SELECT count(*) FROM dead_letter WHERE state = 'held' AND NOT refused) AS dead_letters,
                          (SELECT count(*) FROM parked_event) AS parked,
                          (SELECT count(*) FROM partition_hold WHERE resumed_at IS NULL) AS held"""
            )
            deliveries = None
            if service == "notifications":
                deliveries = await connection.fetchval(
                    "SELECT count(*) FROM delivery WHERE state IN ('failed', 'uncertain') AND NOT recalled"
                )
    except typer.Exit:
        return {name: service if name == "service" else None for name in _STORES}
    return {"service": service, **dict(row or {}), "deliveries": deliveries}


def _of_store(store: dict[str, Any]) -> list[str]:
    service, since = store["service"], store["outbox_since"]
    if store["outbox"] is None:
        return [f"{service} 的数据库没有应答"]
    worries = []
    if since and (datetime.now(UTC) - since).total_seconds() > _OUTBOX_SECONDS:
        worries.append(f"{service} 的事件发不出去，最早在 {ago(since)}")
    for name, words in (
        ("dead_letters", "封死信待处理：duban dead-letters stats"),
        ("parked", "个事件在等前一版本：duban parked"),
        ("held", "个分区停着：duban counties list"),
        ("deliveries", "件送达失败或结果不明：duban deliveries list"),
    ):
        if store[name]:
            worries.append(f"{service}：{store[name]} {words}")
    return worries


def _backup(worries: list[str]) -> None:
    if not os.environ.get(backup.PLACE):
        value("last_backup", "unknown")
        note(f"最近一次备份：未知（{backup.PLACE} 没有说明备份在哪里；`duban backup how` 列出各种安装的查法）")
        return
    bases = backup.bases()
    newest = bases[-1]["taken_at"] if bases else None
    value("last_backup", newest)
    if newest is None or datetime.now(UTC) - newest > backup.STALE:
        worries.append(f"最近一次备份：{ago(newest)}")
    else:
        good(f"最近一次备份：{ago(newest)}")
