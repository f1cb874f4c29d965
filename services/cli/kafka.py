"""`duban kafka`: who may do what on the city's Kafka: print it, compare it with a cluster, apply it there."""

from __future__ import annotations

import json
import secrets
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from duban_contracts.kafka_users import User, city_users, load_quotas
from duban_contracts.profile import ProfileError
from services.chassis.process.secret_files import given
from services.chassis.publishing import users
from services.chassis.publishing.users import Changes
from services.cli.output import NO, WRONGLY_CALLED, Commands, end, good, note, rows, text, value, waiting
from services.cli.strimzi import kafka_users
from services.cli.surroundings import city, on_cluster, told

commands = Commands(help="Kafka 用户、权限与配额", no_args_is_help=True)


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
        text("manifest", json.dumps(kafka_users(declared, cluster), ensure_ascii=False, indent=1) + "\n")
        return
    shown = [_told(user) for user in declared]
    rows("users", {"user": "用户", "rights_in_words": "权限", "quota_in_words": "配额"}, shown)


@commands.command()
def check() -> None:
    """比较集群与城市配置；有差异时逐行列出（+ 缺少，- 多余，~ 配额不同）并以 1 退出。"""
    with waiting("用户"):
        changes = on_cluster(lambda cluster: users.differences(cluster, _declared()))
    _print(changes)
    if changes:
        end(f"{len(changes.lines())} 处不同", NO)
    good("用户、权限和配额与城市配置一致")


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
    with waiting("用户"):
        changes = on_cluster(lambda cluster: users.apply(cluster, declared, kept, remove_others=remove_others))
    _print(changes)
    good(f"{len(declared)} 个用户；{len(changes.lines())} 处改动；口令在 {passwords}")


def _told(user: User) -> dict[str, Any]:
    quota = user.quota.values() if user.quota else {}
    rights = [str(right) for right in user.rights]
    return {
        "user": user.name,
        "rights": rights,
        "quota": dict(quota),
        "rights_in_words": "\n".join(rights),
        "quota_in_words": "\n".join(f"{name} {most:.0f}" for name, most in quota.items()) or "—",
    }


def _declared() -> list[User]:
    counties = [county.code for county in city().counties]
    try:
        quotas = load_quotas(Path(told("DUBAN_PROFILE")), counties)
    except (OSError, ProfileError) as error:
        end(str(error), WRONGLY_CALLED)
    return city_users(counties, given("DUBAN_TOPIC_PREFIX") or "", quotas)


def _password(file: Path) -> str:
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24), encoding="ascii")
    return file.read_text(encoding="utf-8").strip()


def _print(changes: Changes) -> None:
    value("differences", changes.lines())
    for line in changes.lines():
        note(line)
