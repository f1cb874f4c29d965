"""`duban kafka`: who may do what on the city's Kafka: print it, compare it with a cluster, apply it there."""

from __future__ import annotations

import json
import secrets
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from duban_contracts.kafka_users import User, city_users, load_quotas
from duban_contracts.profile import ProfileError
from services.chassis.process.secret_files import given
from services.chassis.publishing import users
from services.chassis.publishing.users import Changes
from services.cli.strimzi import kafka_users
from services.cli.surroundings import city, console, on_cluster, told

commands = typer.Typer(help="Kafka 用户、权限与配额", no_args_is_help=True)


class Form(StrEnum):
    """How users are printed."""

    TABLE = "table"
    STRIMZI = "strimzi"


@commands.command("users")
def list_users(
    form: Annotated[Form, typer.Option("--format", help="strimzi：供 kubectl apply 的 KafkaUser 清单")] = Form.TABLE,
    cluster: Annotated[str, typer.Option(help="Strimzi 集群名称，写入标签 strimzi.io/cluster")] = "kafka",
) -> None:
    """按城市配置（DUBAN_PROFILE）列出应有的用户、权限和配额；不连接 Kafka。"""
    declared = _declared()
    if form is Form.STRIMZI:
        typer.echo(json.dumps(kafka_users(declared, cluster), ensure_ascii=False, indent=1))
        return
    table = Table("用户", "权限", "配额")
    for user in declared:
        quota = "\n".join(f"{name} {value:.0f}" for name, value in user.quota.values().items()) if user.quota else "—"
        table.add_row(user.name, "\n".join(map(str, user.rights)), quota, end_section=True)
    console.print(table)


@commands.command()
def check() -> None:
    """比较集群与城市配置；有差异时逐行列出（+ 缺少，- 多余，~ 配额不同）并以 1 退出。"""
    changes = on_cluster(lambda cluster: users.differences(cluster, _declared()))
    _print(changes)
    console.print("✓ 用户、权限和配额与城市配置一致" if not changes else f"✗ {len(changes.lines())} 处不同")
    raise typer.Exit(1 if changes else 0)


@commands.command()
def apply(
    passwords: Annotated[
        Path, typer.Option(help="口令目录：每个用户一个文件 <用户>.password；没有的自动生成，权限 600")
    ],
    *,
    remove_others: Annotated[
        bool,
        typer.Option("--remove-others", help="同时删除配置中已没有的 county-…、duban-… 用户；两市共用集群时不可用"),
    ] = False,
) -> None:
    """使集群与城市配置一致，并设置口令。须以 Kafka 管理员身份连接（DUBAN_KAFKA_USERNAME 等）。"""
    declared = _declared()
    kept = {user.name: _password(passwords / f"{user.name}.password") for user in declared}
    changes = on_cluster(lambda cluster: users.apply(cluster, declared, kept, remove_others=remove_others))
    _print(changes)
    console.print(f"✓ {len(declared)} 个用户；{len(changes.lines())} 处改动；口令在 {passwords}", markup=False)


def _declared() -> list[User]:
    counties = [county.code for county in city().counties]
    try:
        quotas = load_quotas(Path(told("DUBAN_PROFILE")), counties)
    except (OSError, ProfileError) as error:
        console.print(f"✗ {error}", markup=False)
        raise typer.Exit(2) from None
    return city_users(counties, given("DUBAN_TOPIC_PREFIX") or "", quotas)


def _password(file: Path) -> str:
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24), encoding="ascii")
    return file.read_text(encoding="utf-8").strip()


def _print(changes: Changes) -> None:
    for line in changes.lines():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
