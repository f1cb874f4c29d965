"""`duban backup`: base backups of PostgreSQL in the archive DUBAN_BACKUPS: taken, listed, checked.

The archive is that of `make up` and of compose's layer `backup`: base backups, and the log as it is written. On a cluster
CloudNativePG keeps another; `--format cnpg` prints what it has to be told.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

import typer

from services.chassis.process.secret_files import given
from services.cli import archive
from services.cli.archive import Base, Programs
from services.cli.cloudnative import CLUSTER, backup_object
from services.cli.output import (
    NEEDS_A_PERSON,
    WRONGLY_CALLED,
    Commands,
    bad,
    end,
    good,
    note,
    progress_of,
    rows,
    text,
    value,
    waiting,
)
from services.cli.surroundings import told
from services.cli.unfinished import unfinished

commands = Commands(help="备份：执行、列出、校验，以及各种安装方式的做法", no_args_is_help=True)

PLACE: Final = "DUBAN_BACKUPS"
PROGRAMS: Final = "DUBAN_POSTGRES_PROGRAMS"
STALE: Final = timedelta(hours=26)
_HERE, _DOCKER, _CLUSTER = "单机", "Docker", "Kubernetes"
_TAKE, _BESIDE, _IN_PLACE, _DRILL = "备份", "恢复到另一处", "原处恢复", "演练"
_WAYS: Final = (
    (_HERE, _TAKE, 'make duban ARGS="backup take"'),
    (_HERE, _BESIDE, 'make duban ARGS="restore --into DIR --until T"'),
    (_HERE, _IN_PLACE, "make restore"),
    (_HERE, _DRILL, "make duban ARGS=drill（毁库演练：make drill）"),
    (_DOCKER, _TAKE, "deploy/compose/up.sh backup take（也可 list、verify、check）"),
    (_DOCKER, _BESIDE, "deploy/compose/up.sh beside T"),
    (_DOCKER, _IN_PLACE, "deploy/compose/up.sh stop，再 deploy/compose/up.sh run --rm restore"),
    (_DOCKER, _DRILL, "deploy/compose/up.sh drill"),
    (_CLUSTER, _TAKE, "duban backup take --format cnpg | kubectl -n duban-data create -f -"),
    (_CLUSTER, _BESIDE, "duban restore --format cnpg --until T | kubectl -n duban-data apply --server-side -f -"),
    (_CLUSTER, _IN_PLACE, "kubectl apply --server-side -k k8s/overlays/city-ha/restore"),
    (_CLUSTER, _DRILL, "duban drill --note、--against：k8s/README.md「A drill」"),
)


class Form(StrEnum):
    """Who does it: PostgreSQL's programs here, or CloudNativePG when it is told."""

    HERE = "here"
    CNPG = "cnpg"


ClusterName = Annotated[str, typer.Option("--cluster", help="CloudNativePG 集群名称")]


@commands.command("take")
def take(
    form: Annotated[Form, typer.Option("--format", help="cnpg：只输出供 kubectl create 的 Backup 清单")] = Form.HERE,
    cluster: ClusterName = CLUSTER,
) -> None:
    """执行一次基础备份并逐字节校验（以 DUBAN_BACKUP_DSN 连接，存入 DUBAN_BACKUPS）。"""
    if form is Form.CNPG:
        text("manifest", json.dumps(backup_object(cluster), ensure_ascii=False, indent=1) + "\n")
        return
    place, address = archived(), urlsplit(told("DUBAN_BACKUP_DSN"))
    programs, password = postgres_programs(), unquote(address.password or "")
    without = urlunsplit(address._replace(netloc=address.netloc.replace(f":{address.password}@", "@")))
    _tell_unfinished(place, "现予清除")
    try:
        with waiting("基础备份"):
            taken = archive.take(programs, place, without, password)
    except archive.ProgramFailed as failed:
        end(str(failed))
    value("backup", str(taken))
    good(f"已备份并校验：{taken}")


@commands.command("list")
def list_backups() -> None:
    """列出 DUBAN_BACKUPS 中的基础备份；没有，或最新的早于 26 小时前，即以 3 退出。"""
    found = bases()
    rows("backups", {"name": "备份", "taken_at": "时间", "megabytes": "MB"}, found, nothing="")
    _tell_unfinished(archived(), "下次备份时清除")
    if not found or datetime.now(UTC) - found[-1]["taken_at"] > STALE:
        bad("26 小时内没有备份")
        raise typer.Exit(NEEDS_A_PERSON)


@commands.command("verify")
def verify() -> None:
    """按清单逐个文件核对最新的基础备份：大小与 SHA-256；有一处不符即以 1 退出。"""
    _tell_unfinished(archived(), "下次备份时清除")
    found = archive.bases(archived()) or end(f"{told(PLACE)} 中没有基础备份")
    base = found[-1]
    files = base.files()
    wrong = []
    with progress_of() as progress:
        bar = progress.add_task("核对", total=len(files))
        for each in files:
            if not _is_whole(base.path, each):
                wrong.append({"file": each["Path"]})
            progress.advance(bar)
    if wrong:
        rows("wrong", {"file": "不符或缺少的文件"}, wrong)
        end(f"{base.path.name}：{len(files)} 个文件中 {len(wrong)} 个不符")
    good(f"{base.path.name}：{len(files)} 个文件与清单一致")


@commands.command("how")
def how() -> None:
    """如何备份、恢复和演练：各种安装方式的命令。"""
    found = [{"installation": each, "what": what, "command": command} for each, what, command in _WAYS]
    rows("ways", {"installation": "安装", "what": "", "command": "命令"}, found)
    note("T：须写时区，如 '2026-11-26 08:00:00+08'，且不晚于此刻")
    note("Docker：基础备份早于 DUBAN_BACKUP_BASES 天、且其后另有同样多份的，才删去，只有它用得着的日志随之删去")
    note(
        "Kubernetes：原处恢复过的，恢复到另一处时写明现在的归档名称，如 --server-name postgres-2；卷大小以 --storage 等给出"
    )
    note("恢复之后：duban verify 与 duban audit")


def bases() -> list[dict[str, Any]]:
    """Return the whole base backups as rows, oldest first."""
    return [_told(base) for base in archive.bases(archived())]


def archived() -> Path:
    """Return the archive: what DUBAN_BACKUPS names, or `backups` below that, as `make up` makes it on a mount."""
    place = Path(told(PLACE)).absolute()
    below = place / "backups"
    return below if (below / "wal").is_dir() and not (place / "wal").is_dir() else place


def postgres_programs() -> Programs:
    """Return PostgreSQL's programs here; ends the command with 2 and says what to do where there are none."""
    directory = given(PROGRAMS)
    if not directory:
        end(f"此处没有 PostgreSQL 的程序（{PROGRAMS}）；本安装的做法见 duban backup how", WRONGLY_CALLED)
    name = given("DUBAN_POSTGRES_ACCOUNT")
    if not name or os.geteuid():
        return Programs(Path(directory))
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        end(f"没有系统账号 {name}（DUBAN_POSTGRES_ACCOUNT）", WRONGLY_CALLED)
    return Programs(Path(directory), (entry.pw_uid, entry.pw_gid))


def _tell_unfinished(place: Path, when: str) -> None:
    """Say what stands in the archive and is no backup; `when` is when what was broken off goes."""
    for each in unfinished(place):
        what = {
            True: "正在写入，不必处理",
            False: f"上次备份中断所留，不能用于恢复，{when}",
            None: "未完成，不能用于恢复；无法判断是否仍在写入，确认没有备份在进行后请手工删除",
        }[each.goes_on]
        note(f"{each.path.name}：{what}")


def _told(base: Base) -> dict[str, Any]:
    megabytes = base.size // 1_000_000
    return {"name": base.path.name, "taken_at": base.begun_at, "megabytes": megabytes, "path": str(base.path)}


def _is_whole(base: Path, file: dict[str, Any]) -> bool:
    path = base / file["Path"]
    if not path.is_file() or path.stat().st_size != file["Size"]:
        return False
    if file.get("Checksum-Algorithm") != "SHA256":
        return True
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == str(file["Checksum"])
