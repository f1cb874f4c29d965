"""`duban dead-letters`: look at what was given up, and decide, one by one or in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import asyncpg
import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from services.chassis.consuming import replay
from services.chassis.consuming.replay import Decision, Selection
from services.chassis.publishing.outbox import unpack_headers
from services.cli.surroundings import Account, Service, console, database, run

commands = typer.Typer(help="死信：查看、重放、放弃", no_args_is_help=True)

Letter = Annotated[int, typer.Argument(help="死信编号")]
Letters = Annotated[list[int] | None, typer.Argument(help="死信编号；不写编号时须给出筛选条件")]
Consumer = Annotated[str | None, typer.Option(help="只处理这个消费者的")]
Code = Annotated[str | None, typer.Option(help="只处理此代码的，如 unexpected-error")]
Topic = Annotated[str | None, typer.Option(help="只处理来自此主题的，如 county.140502.v1")]
Before = Annotated[datetime | None, typer.Option(help="只处理此时刻之前的（UTC）")]


@commands.command("list")
def list_letters(service: Service, state: str = "held", limit: int = 50) -> None:
    """列出某服务的死信（缺省只列待处理的）。"""

    async def fetch() -> list[asyncpg.Record]:
        async with database(service) as connection:
            return await connection.fetch(
                """SELECT id, consumer, topic, partition, "offset", code, left(reason, 120) AS reason, created_at
                     FROM dead_letter WHERE state = $1 ORDER BY id DESC LIMIT $2""",
                state,
                limit,
            )

    table = Table("编号", "消费者", "来源", "代码", "原因", "时间")
    for column in table.columns:
        column.overflow = "fold"
    for row in run(fetch()):
        origin = f"{row['topic']}/{row['partition']}/{row['offset']}"
        time = row["created_at"].isoformat(timespec="seconds")
        table.add_row(str(row["id"]), row["consumer"], origin, row["code"], escape(row["reason"]), time)
    console.print(table)


@commands.command("show")
def show_letter(service: Service, letter: Letter) -> None:
    """显示一封死信的全部内容：原始字节、消息头、原因。"""

    async def fetch() -> asyncpg.Record | None:
        async with database(service) as connection:
            return await connection.fetchrow("SELECT * FROM dead_letter WHERE id = $1", letter)

    row = run(fetch())
    if row is None:
        console.print(f"✗ {service} 没有编号为 {letter} 的死信")
        raise typer.Exit(1)
    for name, value in row.items():
        shown = unpack_headers(value) if name == "headers" else value
        console.print(f"{name}: {shown!r}", markup=False)


@commands.command("reinsert")
def reinsert_letters(
    service: Service,
    account: Account,
    letters: Letters = None,
    consumer: Consumer = None,
    code: Code = None,
    topic: Topic = None,
    before: Before = None,
) -> None:
    """把死信原样送回它的主题，由服务重新处理；可按编号，也可按条件成批处理，一次全部生效。"""
    wanted = Selection(ids=letters or None, consumer=consumer, code=code, topic=topic, before=before)
    _decide(service, wanted, "reinserted", account)


@commands.command("drop")
def drop_letters(
    service: Service,
    account: Account,
    letters: Letters = None,
    consumer: Consumer = None,
    code: Code = None,
    topic: Topic = None,
    before: Before = None,
) -> None:
    """放弃死信；内容保留，排在后面等待的事件继续处理；可按编号，也可按条件成批处理，一次全部生效。"""
    wanted = Selection(ids=letters or None, consumer=consumer, code=code, topic=topic, before=before)
    _decide(service, wanted, "dropped", account)


def _decide(service: str, wanted: Selection, decision: Decision, account: str) -> None:
    if wanted == Selection():
        console.print("✗ 请给出死信编号，或 --consumer、--code、--topic、--before 之一")
        raise typer.Exit(2)
    origins = run(_act(service, wanted, decision, account))
    verb = "已送回" if decision == "reinserted" else "已放弃"
    missing = sorted(set(wanted.ids or ()) - set(origins))
    for origin in list(origins.values())[:10]:
        console.print(f"✓ {verb} {origin}", markup=False)
    if len(origins) != 1:
        console.print(f"✓ {verb}共 {len(origins)} 封")
    for letter in missing:
        console.print(f"✗ 死信 {letter} 不在待处理状态")
    raise typer.Exit(1 if missing else 0)


async def _act(service: str, wanted: Selection, decision: Decision, account: str) -> dict[int, str]:
    async with database(service) as connection, connection.transaction():
        letters: Sequence[int] = await replay.select(connection, wanted)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("处理死信", total=len(letters))
            origins = await replay.decide(
                connection, letters, decision, account, done=lambda count: progress.update(task, completed=count)
            )
    return dict(zip(letters, origins, strict=True))
