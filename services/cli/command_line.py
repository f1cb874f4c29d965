"""`duban`: what operations needs at three in the morning — health, lag, dead letters, replay, keys.

It is told where things are by the environment: `DUBAN_KAFKA_BOOTSTRAP`, `DUBAN_TOPIC_PREFIX`, and for each service
`DUBAN_<SERVICE>_DSN` and `DUBAN_<SERVICE>_URL`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Annotated, Final, TypeVar

import asyncpg
import httpx
import typer
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from duban_contracts.topics import CONSUMERS
from services.chassis.access import keys as api_keys
from services.chassis.consuming import dead_letters
from services.chassis.publishing.outbox import unpack_headers

SERVICES: Final = ("gateway", "ledger", "scheduler", "notifications", "statistics")

app = typer.Typer(help="督办平台运维命令", no_args_is_help=True, add_completion=False)
letters = typer.Typer(help="死信：查看、重放、放弃", no_args_is_help=True)
keys = typer.Typer(help="访问密钥", no_args_is_help=True)
app.add_typer(letters, name="dead-letters")
app.add_typer(keys, name="keys")
_console = Console()

T = TypeVar("T")
Service = Annotated[str, typer.Argument(help="服务：" + "、".join(SERVICES))]
Letter = Annotated[int, typer.Argument(help="死信编号")]
Account = Annotated[str, typer.Option("--as", help="操作账号，记入死信的处理记录")]


def _environment(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        _console.print(f"✗ 未设置环境变量 {name}")
        raise typer.Exit(2)
    return value


@asynccontextmanager
async def _database(service: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(_environment(f"DUBAN_{service.upper()}_DSN"))
    try:
        yield connection
    finally:
        await connection.close()


def _run(work: Awaitable[T]) -> T:
    async def main() -> T:
        return await work

    return asyncio.run(main())


@app.command()
def health() -> None:
    """各服务是否就绪；有一个未就绪即以 1 退出。"""
    table = Table("服务", "状态", "说明")
    ready = True
    for service in SERVICES:
        url = _environment(f"DUBAN_{service.upper()}_URL")
        try:
            body = httpx.get(f"{url}/readyz", timeout=5).json()
            state, missing = body["status"], "；".join(body["missing"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            state, missing = "unreachable", type(error).__name__
        ready = ready and state == "ready"
        table.add_row(service, state, missing)
    _console.print(table)
    raise typer.Exit(0 if ready else 1)


@app.command()
def lag() -> None:
    """各消费者落后多少条记录。"""
    table = Table("消费者", "落后", "分区")
    for name, behind, partitions in _run(_lag(_environment("DUBAN_KAFKA_BOOTSTRAP"))):
        table.add_row(name, str(behind), str(partitions))
    _console.print(table)


async def _lag(bootstrap: str) -> list[tuple[str, int, int]]:
    prefix = os.environ.get("DUBAN_TOPIC_PREFIX", "")
    admin, consumer = AIOKafkaAdminClient(bootstrap_servers=bootstrap), AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await admin.start()
    await consumer.start()
    try:
        found = []
        for reader in CONSUMERS:
            committed = await admin.list_consumer_group_offsets(f"{prefix}{reader.group}")
            ends = await consumer.end_offsets(list(committed)) if committed else {}
            behind = sum(max(0, ends[partition] - max(0, offset.offset)) for partition, offset in committed.items())
            found.append((reader.name, behind, len(committed)))
        return found
    finally:
        await admin.close()
        await consumer.stop()


@letters.command("list")
def list_letters(service: Service, state: str = "held", limit: int = 50) -> None:
    """列出某服务的死信（缺省只列待处理的）。"""

    async def fetch() -> list[asyncpg.Record]:
        async with _database(service) as connection:
            return await connection.fetch(
                """SELECT id, consumer, topic, partition, "offset", code, left(reason, 120) AS reason, created_at
                     FROM dead_letter WHERE state = $1 ORDER BY id DESC LIMIT $2""",
                state,
                limit,
            )

    table = Table("编号", "消费者", "来源", "代码", "原因", "时间")
    for column in table.columns:
        column.overflow = "fold"
    for row in _run(fetch()):
        origin = f"{row['topic']}/{row['partition']}/{row['offset']}"
        time = row["created_at"].isoformat(timespec="seconds")
        table.add_row(str(row["id"]), row["consumer"], origin, row["code"], escape(row["reason"]), time)
    _console.print(table)


@letters.command("show")
def show_letter(service: Service, letter: Letter) -> None:
    """显示一封死信的全部内容：原始字节、消息头、原因。"""

    async def fetch() -> asyncpg.Record | None:
        async with _database(service) as connection:
            return await connection.fetchrow("SELECT * FROM dead_letter WHERE id = $1", letter)

    row = _run(fetch())
    if row is None:
        _console.print(f"✗ {service} 没有编号为 {letter} 的死信")
        raise typer.Exit(1)
    for name, value in row.items():
        shown = unpack_headers(value) if name == "headers" else value
        _console.print(f"{name}: {shown!r}", markup=False)


@letters.command("reinsert")
def reinsert_letter(service: Service, letter: Letter, account: Account) -> None:
    """把死信原样送回它的主题，由服务重新处理。"""
    _resolve(service, letter, account, reinsert=True)


@letters.command("drop")
def drop_letter(service: Service, letter: Letter, account: Account) -> None:
    """放弃一封死信；内容保留，排在它后面等待的事件继续处理。"""
    _resolve(service, letter, account, reinsert=False)


def _resolve(service: str, letter: int, account: str, *, reinsert: bool) -> None:
    async def act() -> str:
        async with _database(service) as connection, connection.transaction():
            decide = dead_letters.reinsert if reinsert else dead_letters.drop
            return await decide(connection, letter, account)

    try:
        origin = _run(act())
    except LookupError as error:
        _console.print(f"✗ 死信 {letter} 不在待处理状态")
        raise typer.Exit(1) from error
    _console.print(f"✓ {'已送回' if reinsert else '已放弃'} {origin}")


@keys.command("revoke")
def revoke_key(service: Service, key_id: Annotated[str, typer.Argument(help="密钥编号（dbk_ 后的 16 位）")]) -> None:
    """立即停用一把密钥。"""

    async def act() -> bool:
        async with _database(service) as connection:
            return await api_keys.revoke(connection, key_id)

    revoked = _run(act())
    _console.print("✓ 已停用" if revoked else "✗ 没有这把有效密钥")
    raise typer.Exit(0 if revoked else 1)


if __name__ == "__main__":
    app()
