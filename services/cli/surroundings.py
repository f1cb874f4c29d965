"""What every command shares: where the platform is, as the environment says, and how to print."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Annotated, Final, TypeVar

import asyncpg
import typer
from rich.console import Console

SERVICES: Final = ("gateway", "ledger", "scheduler", "notifications", "statistics")

console: Final = Console()

T = TypeVar("T")
Service = Annotated[str, typer.Argument(help="服务：" + "、".join(SERVICES))]
Account = Annotated[str, typer.Option("--as", help="操作账号，记入处理记录")]


def told(name: str) -> str:
    """Return an environment variable; ends the command with 2 and its name when it isn't set."""
    value = os.environ.get(name)
    if not value:
        console.print(f"✗ 未设置环境变量 {name}")
        raise typer.Exit(2)
    return value


@asynccontextmanager
async def database(service: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give a connection to a service's database."""
    connection = await asyncpg.connect(told(f"DUBAN_{service.upper()}_DSN"))
    try:
        yield connection
    finally:
        await connection.close()


def run(work: Awaitable[T]) -> T:
    """Return what `work` returns."""

    async def main() -> T:
        return await work

    return asyncio.run(main())
