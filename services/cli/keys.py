"""`duban keys`: issue, list and revoke a key in every service at once."""

from __future__ import annotations

from typing import Annotated

import asyncpg
import typer
from rich.table import Table

from services.chassis.access import keys as api_keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.cli.surroundings import SERVICES, console, database, run

commands = typer.Typer(help="访问密钥：签发、列出、停用", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="密钥编号（dbk_ 后的 16 位）")]


@commands.command("issue")
def issue_key(
    account: Annotated[str, typer.Argument(help="账号")],
    role: Annotated[Role, typer.Option(help="角色")],
    area: Annotated[str, typer.Option(help="区划代码，六位；乡镇九位")],
    unit: str | None = None,
    sector: Annotated[list[str] | None, typer.Option(help="行业代码，可重复；不写即全部")] = None,
    enterprise: Annotated[str | None, typer.Option(help="企业账号的统一社会信用代码")] = None,
) -> None:
    """签发一把新密钥并在所有服务中生效；密钥只显示这一次。同一账号最多两把有效密钥，较早的自动停用。"""
    principal = Principal(account, role, area, unit, tuple(sector or ()), enterprise)
    token = api_keys.new_token()

    async def act() -> None:
        for service in SERVICES:
            async with database(service) as connection, connection.transaction():
                await api_keys.store(connection, [NewKey(principal, token)])

    run(act())
    console.print(token, markup=False, highlight=False)


@commands.command("list")
def list_keys(account: Annotated[str | None, typer.Option(help="只列此账号的")] = None) -> None:
    """列出密钥：编号、账号、角色、范围、在哪些服务中有效。"""

    async def fetch() -> dict[str, tuple[asyncpg.Record, list[str]]]:
        found: dict[str, tuple[asyncpg.Record, list[str]]] = {}
        for service in SERVICES:
            async with database(service) as connection:
                rows = await connection.fetch(
                    """SELECT key_id, account, role, area, created_at, revoked_at FROM api_key
                        WHERE $1::text IS NULL OR account = $1 ORDER BY account, created_at""",
                    account,
                )
            for row in rows:
                _, live = found.setdefault(row["key_id"], (row, []))
                if row["revoked_at"] is None:
                    live.append(service)
        return found

    table = Table("密钥编号", "账号", "角色", "区划", "签发", "有效于")
    for key_id, (row, live) in run(fetch()).items():
        where = "全部服务" if len(live) == len(SERVICES) else "、".join(live) or "已停用"
        issued = row["created_at"].isoformat(timespec="seconds")
        table.add_row(key_id, row["account"], row["role"], row["area"], issued, where)
    console.print(table)


@commands.command("revoke")
def revoke_key(key_id: KeyId) -> None:
    """立即在所有服务中停用一把密钥（各进程 5 秒内生效）。"""

    async def act() -> list[str]:
        ended = []
        for service in SERVICES:
            async with database(service) as connection:
                if await api_keys.revoke(connection, key_id):
                    ended.append(service)
        return ended

    ended = run(act())
    console.print(f"✓ 已停用：{'、'.join(ended)}" if ended else "✗ 没有这把有效密钥")
    raise typer.Exit(0 if ended else 1)
