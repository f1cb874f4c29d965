"""What every command shares: where the platform is, as the environment says, and how to print."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final, TypeVar

import asyncpg
import typer
from aiokafka.errors import KafkaError
from rich.console import Console

from duban_contracts.profile import City, ProfileError, load_city
from services.chassis.process.kafka import Broker, KafkaSettings, obstacle
from services.chassis.process.secret_files import UnusableSetting, given

SERVICES: Final = ("gateway", "ledger", "scheduler", "notifications", "statistics")

console: Final = Console()

T = TypeVar("T")
Service = Annotated[str, typer.Argument(help="服务：" + "、".join(SERVICES))]
Account = Annotated[str, typer.Option("--as", help="操作账号，记入处理记录")]


def told(name: str) -> str:
    """Return a setting, from the environment or from the file that `<name>_FILE` names; without it the command ends with 2."""
    try:
        value = given(name)
    except UnusableSetting as unusable:
        console.print(f"✗ {unusable}", markup=False)
        raise typer.Exit(2) from None
    if not value:
        console.print(f"✗ 未设置环境变量 {name}")
        raise typer.Exit(2)
    return value


def broker() -> Broker:
    """Return the Kafka cluster that the environment names; ends the command with 2 when it names none, or wrongly."""
    told("DUBAN_KAFKA_BOOTSTRAP")
    try:
        return KafkaSettings().kafka
    except UnusableSetting as unusable:
        console.print(f"✗ {unusable}", markup=False)
        raise typer.Exit(2) from None


def city() -> City:
    """Return the city of the profile that the environment names; ends the command with 2 when it can't be read."""
    try:
        return load_city(Path(told("DUBAN_PROFILE")))
    except (OSError, ProfileError) as error:
        console.print(f"✗ {error}", markup=False)
        raise typer.Exit(2) from None


def on_cluster(work: Callable[[Broker], Awaitable[T]]) -> T:
    """Return what `work` says of the city's Kafka; ends the command with 1 and a sentence when it can't be asked."""
    cluster = broker()

    async def act() -> T:
        if (trouble := await obstacle(cluster)) is not None:
            console.print(f"✗ Kafka {trouble}", markup=False)
            raise typer.Exit(1)
        try:
            return await work(cluster)
        except KafkaError as error:
            console.print(f"✗ Kafka：{error}", markup=False)
            raise typer.Exit(1) from None
        except TimeoutError:
            console.print("✗ Kafka 未在限定时间内应答或使改动在每个代理上生效；稍后用 check 命令核对")
            raise typer.Exit(1) from None

    return run(act())


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
