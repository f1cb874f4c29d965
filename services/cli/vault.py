"""`duban vault`: the keys of the reporters' vault. No command shows an identity: only a tip officer sees one, on record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from services.cli.output import Commands, end, good, note, rows, text, value, waiting
from services.cli.surroundings import database, run, told

if TYPE_CHECKING:
    from services.ledger.bootstrap import Keeper

commands = Commands(help="举报人信息保密库：密钥状态、轮换、停用", no_args_is_help=True)

T = TypeVar("T")
KeyId = Annotated[str | None, typer.Argument(help="新密钥的编号，不写即 k-年月日")]


def _today() -> str:
    return f"k-{datetime.now(UTC):%Y%m%d}"


def _keeping(work: Callable[[Keeper], Awaitable[T]]) -> T:
    """Do `work` at the vault that the environment names; a keyring that does not allow it ends the command with 1."""
    # Imported here: the other commands work while the ledger's code does not.
    from services.ledger.bootstrap import Keeper, UnusableKeyring  # noqa: PLC0415

    async def act() -> T:
        async with database("vault") as connection:
            return await work(Keeper(connection, Path(told("DUBAN_VAULT_KEYRING"))))

    # Encrypting many identities anew takes its time; whoever waits sees that it does.
    try:
        with waiting("保密库"):
            return run(act())
    except UnusableKeyring as error:
        end(str(error))


@commands.command("status")
def status() -> None:
    """每把密钥加密了多少条举报人信息，哪一把正在使用。"""

    async def look(keeper: Keeper) -> tuple[str, list[tuple[str, str]], dict[str | None, int]]:
        keyring = keeper.keyring()
        return keyring.active, [(key.id, key.algorithm) for key in keyring.keys], await keeper.wrapped()

    active, keys, wrapped = _keeping(look)
    found: list[dict[str, object]] = [
        {
            "key_id": key_id,
            "algorithm": algorithm,
            "wrapped": wrapped.get(key_id, 0),
            "active": key_id == active,
            "in_words": "使用中" if key_id == active else "仅解密",
        }
        for key_id, algorithm in keys
    ]
    found += [
        {
            "key_id": missing,
            "algorithm": None,
            "wrapped": wrapped[missing],
            "active": False,
            "in_words": "密钥文件中没有，无法解密",
        }
        for missing in sorted(key for key in wrapped if key is not None and key not in dict(keys))
    ]
    rows("keys", {"key_id": "密钥", "algorithm": "算法", "wrapped": "加密条数", "in_words": "状态"}, found)
    value("destroyed", wrapped.get(None, 0))
    note(f"已销毁 {wrapped.get(None, 0)} 条")


@commands.command("add-key")
def new_key(key_id: KeyId = None) -> None:
    """在密钥文件中加入一把新密钥并换用它；原有信息暂不改动（之后执行 rewrap）。不需要数据库。"""
    _add_key(key_id)
    good("已换用新密钥；服务读到新文件后执行 rewrap")


@commands.command("rotate")
def rotate(key_id: KeyId = None) -> None:
    """换用一把新密钥，并把全部信息改由新密钥加密。运行中的服务无需重启；中断后用 rewrap 继续。"""
    _add_key(key_id)

    async def work(keeper: Keeper) -> int:
        return await keeper.rewrap()

    good(f"已换用新密钥，{_keeping(work)} 条改由新密钥加密；旧密钥用 retire 停用")


def _add_key(key_id: str | None) -> None:
    from services.ledger.bootstrap import UnusableKeyring, add_key  # noqa: PLC0415

    try:
        add_key(Path(told("DUBAN_VAULT_KEYRING")), key_id or _today())
    except UnusableKeyring as error:
        end(str(error))


@commands.command("rewrap")
def rewrap() -> None:
    """把全部信息改由使用中的密钥加密：密钥文件由外部更换之后，或上一次中断之后。"""

    async def work(keeper: Keeper) -> int:
        return await keeper.rewrap()

    good(f"{_keeping(work)} 条改由使用中的密钥加密")


@commands.command("retire")
def retire(key_id: Annotated[str, typer.Argument(help="密钥编号")]) -> None:
    """从密钥文件中去掉一把不再使用的密钥（密钥文件变更十分钟之后方可）。旧备份要恢复时还需要它，请离线留存。"""

    async def work(keeper: Keeper) -> None:
        await keeper.retire(key_id, datetime.now(UTC))

    _keeping(work)
    good(f"已停用 {key_id}")


@commands.command("keyring")
def keyring(key_id: KeyId = None) -> None:
    """输出一份全新的密钥文件，供新建保密库使用（例如写入 Kubernetes 的 Secret）。"""
    from services.ledger.bootstrap import new_keyring  # noqa: PLC0415

    text("keyring", new_keyring(key_id or _today()).decode())
