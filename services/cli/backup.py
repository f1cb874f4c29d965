"""`duban backup`: which base backups of PostgreSQL stand in the archive DUBAN_BACKUPS, and whether they are whole.

Who takes them is the installation's affair: the commands say which command of it does.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import typer

from services.cli.output import NEEDS_A_PERSON, Commands, bad, end, good, note, progress_of, rows
from services.cli.surroundings import told

commands = Commands(help="备份：列出、校验，以及如何备份、恢复和演练", no_args_is_help=True)

PLACE: Final = "DUBAN_BACKUPS"
STALE: Final = timedelta(hours=26)
# A base is named by its instant; the backup service with Docker says it with its fraction.
_STAMP: Final = "%Y%m%dT%H%M%S"
_STAMP_LENGTH: Final = len("20261126T130000")
# What an earlier restore put aside stands elsewhere, and is none of what the next one could use.
_BASES: Final = ("base/*Z", "backups/base/*Z")
_MANIFEST: Final = "backup_manifest"
_WAYS: Final = [
    {
        "what": "备份",
        "one_machine": "make backup",
        "compose": "由 backup 服务每日进行",
        "kubernetes": "见 k8s/README.md",
    },
    {
        "what": "恢复",
        "one_machine": "make restore",
        "compose": "up.sh run --rm restore",
        "kubernetes": "见 k8s/README.md",
    },
    {"what": "演练", "one_machine": "make drill", "compose": "—", "kubernetes": "—"},
]


@commands.command("list")
def list_backups() -> None:
    """列出 DUBAN_BACKUPS 中的基础备份；没有，或最新的早于 26 小时前，即以 3 退出。"""
    found = bases()
    rows("backups", {"name": "备份", "taken_at": "时间", "megabytes": "MB"}, found, nothing="")
    if not found or datetime.now(UTC) - found[-1]["taken_at"] > STALE:
        bad("26 小时内没有备份")
        raise typer.Exit(NEEDS_A_PERSON)


@commands.command("verify")
def verify() -> None:
    """按清单逐个文件核对最新的基础备份：大小与 SHA-256；有一处不符即以 1 退出。"""
    found = bases() or end(f"{told(PLACE)} 中没有基础备份")
    base = Path(found[-1]["path"])
    files = json.loads((base / _MANIFEST).read_text(encoding="utf-8"))["Files"]
    wrong = []
    with progress_of() as progress:
        bar = progress.add_task("核对", total=len(files))
        for each in files:
            if not _is_whole(base, each):
                wrong.append({"file": each["Path"]})
            progress.advance(bar)
    if wrong:
        rows("wrong", {"file": "不符或缺少的文件"}, wrong)
        end(f"{base.name}：{len(files)} 个文件中 {len(wrong)} 个不符")
    good(f"{base.name}：{len(files)} 个文件与清单一致")


@commands.command("how")
def how() -> None:
    """如何备份、恢复和演练：各种安装方式的命令。"""
    rows("ways", {"what": "", "one_machine": "单机", "compose": "Docker", "kubernetes": "Kubernetes"}, _WAYS)
    note("恢复之后：duban verify 与 duban audit")


def bases() -> list[dict[str, Any]]:
    """Return the whole base backups, oldest first. One is whole once its manifest is written."""
    found = []
    place = Path(told(PLACE))
    for manifest in (each for bases in _BASES for each in place.glob(f"{bases}/{_MANIFEST}")):
        base = manifest.parent
        size = sum(each["Size"] for each in json.loads(manifest.read_text(encoding="utf-8"))["Files"])
        taken_at = datetime.strptime(base.name[:_STAMP_LENGTH], _STAMP).replace(tzinfo=UTC)
        found.append({"name": base.name, "taken_at": taken_at, "megabytes": size // 1_000_000, "path": str(base)})
    return sorted(found, key=lambda each: each["taken_at"])


def _is_whole(base: Path, file: dict[str, Any]) -> bool:
    path = base / file["Path"]
    if not path.is_file() or path.stat().st_size != file["Size"]:
        return False
    if file.get("Checksum-Algorithm") != "SHA256":
        return True
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == str(file["Checksum"])
