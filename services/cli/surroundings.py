"""What every command shares: where the platform is, as the environment says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import asyncpg
import httpx
import typer
from aiokafka.errors import KafkaError, SecurityDisabled

from duban_contracts.profile import City, ProfileError, load_city
from services.chassis.process.kafka import Broker, KafkaSettings, obstacle
from services.chassis.process.secret_files import UnusableSetting, given
from services.chassis.storage.opening import NOTICED
from services.cli.output import WRONGLY_CALLED, end

__all__ = [
    "SERVICES",
    "Account",
    "Service",
    "ask",
    "broker",
    "city",
    "database",
    "dsn_of",
    "on_cluster",
    "prefix",
    "run",
    "told",
    "try_to",
]

SERVICES: Final = ("gateway", "ledger", "scheduler", "notifications", "statistics")

_CONNECT_SECONDS: Final = 10
_PATIENCE_SECONDS: Final = 60

T = TypeVar("T")
Service = Annotated[str, typer.Argument(help="服务：" + "、".join(SERVICES))]
Account = Annotated[
    str, typer.Option("--as", envvar="DUBAN_OPERATOR", help="操作账号，记入操作留痕；也可由 DUBAN_OPERATOR 给出")
]


def told(name: str) -> str:
    """Return a setting, from the environment or from a file (see `given`); without it the command ends with 2."""
    try:
        value = given(name)
    except UnusableSetting as unusable:
        end(str(unusable), WRONGLY_CALLED)
    return value or end(f"未设置环境变量 {name}", WRONGLY_CALLED)


def prefix() -> str:
    """Return what stands before every topic's name."""
    return given("DUBAN_TOPIC_PREFIX") or ""


def broker() -> Broker:
    """Return the Kafka cluster that the environment names; ends the command with 2 when it names none, or wrongly."""
    told("DUBAN_KAFKA_BOOTSTRAP")
    try:
        return KafkaSettings().kafka
    except UnusableSetting as unusable:
        end(str(unusable), WRONGLY_CALLED)


def city() -> City:
    """Return the city of the profile that the environment names; ends the command with 2 when it can't be read."""
    try:
        return load_city(Path(told("DUBAN_PROFILE")))
    except (OSError, ProfileError) as error:
        end(str(error), WRONGLY_CALLED)


def on_cluster(work: Callable[[Broker], Awaitable[T]]) -> T:
    """Return what `work` says of the city's Kafka; ends the command with 1 and a sentence when it can't be asked."""
    cluster = broker()

    async def act() -> T:
        if (trouble := await obstacle(cluster)) is not None:
            end(f"Kafka {trouble}")
        try:
            return await work(cluster)
        except SecurityDisabled:
            end("此 Kafka 未启用用户和权限（单机以 SECURE=1 make up 启用）")
        except KafkaError as error:
            end(f"Kafka：{error}")
        except TimeoutError:
            end("Kafka 未在限定时间内应答或使改动在每个代理上生效；稍后用 check 命令核对")

    return run(act())


def dsn_of(service: str) -> str:
    """Return where a service's database is; ends the command with 2 when it isn't told."""
    return told(f"DUBAN_{service.upper()}_DSN")


@asynccontextmanager
async def database(service: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give a connection to a service's database; ends the command with 1 when it can't be had."""
    dsn = dsn_of(service)
    try:
        connection = await asyncpg.connect(dsn, timeout=_CONNECT_SECONDS, server_settings=NOTICED)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        end(f"连不上 {service} 的数据库：{str(error) or type(error).__name__}")
    try:
        yield connection
    finally:
        await connection.close()


def ask(service: str, path: str, params: dict[str, str] | None = None, *, patience: float = _PATIENCE_SECONDS) -> Any:
    """Return what a service answers to the key DUBAN_KEY; ends the command with 1 when it refuses or says nothing."""
    said, trouble = try_to(service, path, params, patience=patience)
    return end(trouble) if said is None else said


def try_to(
    service: str,
    path: str,
    params: dict[str, str] | None = None,
    *,
    post: bool = False,
    patience: float = _PATIENCE_SECONDS,
) -> tuple[Any | None, str]:
    """Return what a service answers to the key DUBAN_KEY; None and why when it refuses or says nothing."""
    url, key = told(f"DUBAN_{service.upper()}_URL"), told("DUBAN_KEY")
    try:
        answer = httpx.request(
            "POST" if post else "GET",
            f"{url}{path}",
            params=params,
            headers={"Authorization": f"Bearer {key}"},
            timeout=patience,
        )
        said = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        return None, f"{service} 没有答复：{type(error).__name__}"
    return (None, str(said["detail"])) if answer.is_error else (said, "")


def run(work: Awaitable[T]) -> T:
    """Return what `work` returns."""

    async def main() -> T:
        return await work

    return asyncio.run(main())
