"""`duban keys`: issue, list, rotate and revoke a key in every service at once."""

from __future__ import annotations

from typing import Annotated, Any

import asyncpg
import typer

from services.chassis.access import keys as api_keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.cli.changing import Act, DryRun, changing
from services.cli.output import Commands, as_json, aside, end, good, note, rows, value
from services.cli.surroundings import SERVICES, Account, database, run

commands = Commands(help="访问密钥：签发、列出、轮换、停用；在所有服务中同时生效", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="密钥编号（dbk_ 后的 16 位）")]
Owner = Annotated[str, typer.Argument(help="密钥所属的账号")]


@commands.command("issue")
def issue_key(
    owner: Owner,
    role: Annotated[Role, typer.Option(help="角色")],
    area: Annotated[str, typer.Option(help="区划代码，六位；乡镇九位")],
    account: Account,
    unit: str | None = None,
    sector: Annotated[list[str] | None, typer.Option(help="行业代码，可重复；不写即全部")] = None,
    enterprise: Annotated[str | None, typer.Option(help="企业账号的统一社会信用代码")] = None,
) -> None:
    """签发一把新密钥并在所有服务中生效；密钥只显示这一次。同一账号最多两把有效密钥，较早的自动停用。"""
    principal = Principal(owner, role, area, unit, tuple(sector or ()), enterprise)
    _show(run(_issue(principal, Act("keys.issue", account))))


@commands.command("rotate")
def rotate_key(owner: Owner, account: Account, dry_run: DryRun = False) -> None:
    """给账号签发一把权限相同的新密钥；旧的一把仍有效，换用新密钥后以 revoke 停用（再早的自动停用）。"""

    async def act() -> tuple[str, list[str]]:
        async with database(SERVICES[0]) as connection:
            live = await connection.fetch(
                """SELECT key_id, role, area, unit, sectors, enterprise FROM api_key
                    WHERE account = $1 AND revoked_at IS NULL ORDER BY created_at DESC, key_id""",
                owner,
            )
        if not live:
            end(f"账号 {owner} 没有有效密钥；用 issue 签发")
        newest = live[0]
        principal = Principal(
            owner, newest["role"], newest["area"], newest["unit"], tuple(newest["sectors"]), newest["enterprise"]
        )
        token = await _issue(principal, Act("keys.rotate", account, dry_run))
        return token, [row["key_id"] for row in live]

    token, before = run(act())
    kept, ended = before[: api_keys.LIVE_KEYS - 1], before[api_keys.LIVE_KEYS - 1 :]
    value("still_live", kept)
    value("revoked", ended)
    if dry_run:
        note(f"将签发一把新密钥；仍有效：{'、'.join(kept)}；将停用：{'、'.join(ended) or '无'}")
        return
    _show(token)
    aside(f"换用后执行：duban keys revoke {kept[0]}")


@commands.command("list")
def list_keys(owner: Annotated[str | None, typer.Option("--account", help="只列此账号的")] = None) -> None:
    """列出密钥：编号、账号、角色、范围、在哪些服务中有效。"""

    async def fetch() -> list[dict[str, Any]]:
        found: dict[str, tuple[asyncpg.Record, list[str]]] = {}
        for service in SERVICES:
            async with database(service) as connection:
                listed = await connection.fetch(
                    """SELECT key_id, account, role, area, created_at, revoked_at FROM api_key
                        WHERE $1::text IS NULL OR account = $1 ORDER BY account, created_at""",
                    owner,
                )
            for row in listed:
                _, live = found.setdefault(row["key_id"], (row, []))
                if row["revoked_at"] is None:
                    live.append(service)
        return [_told(row, live) for row, live in found.values()]

    columns = {
        "key_id": "密钥编号",
        "account": "账号",
        "role": "角色",
        "area": "区划",
        "created_at": "签发",
        "in_words": "有效于",
    }
    rows("keys", columns, run(fetch()), nothing="没有密钥")


@commands.command("revoke")
def revoke_key(key_id: KeyId, account: Account, dry_run: DryRun = False) -> None:
    """立即在所有服务中停用一把密钥（各进程 5 秒内生效）。"""

    async def act() -> tuple[list[str], list[str]]:
        ended, left = [], []
        # Service by service: a key that leaked must not stay good where it can be ended, because one database is away.
        for service in SERVICES:
            try:
                async with changing(Act("keys.revoke", account, dry_run), [service]) as (change,):
                    if await api_keys.revoke(change.connection, key_id):
                        change.objects.append(key_id)
            except typer.Exit:
                left.append(service)
            else:
                ended += [service] if change.objects else []
        return ended, left

    ended, left = run(act())
    value("services", ended)
    value("left", left)
    if ended:
        good(f"{'将停用' if dry_run else '已停用'}：{'、'.join(ended)}")
    if left:
        end(f"这些服务中未能停用，该密钥在其中可能仍有效：{'、'.join(left)}；恢复后重复此命令")
    if not ended:
        end("没有这把有效密钥")


async def _issue(principal: Principal, act: Act) -> str:
    token = api_keys.new_token()
    async with changing(act, SERVICES) as changes:
        for change in changes:
            await api_keys.store(change.connection, [NewKey(principal, token)])
            change.objects.append(principal.account)
    return token


def _show(token: str) -> None:
    if as_json():
        value("key", token)
    else:
        note(token)


def _told(row: asyncpg.Record, live: list[str]) -> dict[str, Any]:
    where = "全部服务" if len(live) == len(SERVICES) else "、".join(live) or "已停用"
    return {
        **{name: row[name] for name in ("key_id", "account", "role", "area", "created_at")},
        "live_in": live,
        "in_words": where,
    }
