"""`duban counties`: whose topic is held, why, and letting it go on."""

from __future__ import annotations

import os
from typing import Annotated

import asyncpg
import typer
from rich.table import Table

from duban_contracts.topics import claims_topic
from services.chassis.consuming import holds
from services.chassis.consuming.holds import Hold
from services.cli.surroundings import Account, console, database, run

commands = typer.Typer(help="县区通道：拒收情况、暂停与恢复", no_args_is_help=True)

_LEDGER = "ledger"


@commands.command("list")
def list_counties() -> None:
    """列出各县区通道近一小时的拒收条数、最近的拒收代码，以及是否已暂停。"""

    async def fetch() -> tuple[list[asyncpg.Record], list[Hold]]:
        async with database(_LEDGER) as connection:
            refused = await connection.fetch(
                """SELECT topic, count(*) AS number, mode() WITHIN GROUP (ORDER BY code) AS code,
                          max(created_at) AS newest
                     FROM dead_letter WHERE refused AND created_at > now() - interval '1 hour'
                    GROUP BY topic ORDER BY topic"""
            )
            return refused, await holds.open_holds(connection)

    refused, held = run(fetch())
    table = Table("通道", "近一小时拒收", "最多的代码", "最近一次", "暂停自")
    since = {hold.topic: hold.held_at.isoformat(timespec="seconds") for hold in held}
    for row in refused:
        newest = row["newest"].isoformat(timespec="seconds")
        table.add_row(row["topic"], str(row["number"]), row["code"], newest, since.pop(row["topic"], ""))
    for topic, at in since.items():
        table.add_row(topic, "0", "", "", at)
    console.print(table)


@commands.command("resume")
def resume_county(county: Annotated[str, typer.Argument(help="县区代码，六位")], account: Account) -> None:
    """恢复读取一个县区的通道（与该县区说明拒收原因之后）。"""
    topic = claims_topic(county, os.environ.get("DUBAN_TOPIC_PREFIX", ""))

    async def act() -> list[Hold]:
        async with database(_LEDGER) as connection, connection.transaction():
            return await holds.resume(connection, [topic], account)

    resumed = run(act())
    console.print(f"✓ 已恢复 {topic}" if resumed else f"✗ {topic} 没有被暂停")
    raise typer.Exit(0 if resumed else 1)
