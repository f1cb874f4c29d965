"""`duban restore`: a second PostgreSQL, made of the backups, as all was at their end or at an instant. The first is left alone."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from services.cli import archive
from services.cli.backup import ClusterName, Form, archived, postgres_programs
from services.cli.beside import Beside, NotRestored, free_port, recovered
from services.cli.cloudnative import CLUSTER, SIZES, Sizes, restored_cluster
from services.cli.output import NO, WRONGLY_CALLED, ago, end, good, note, text, value, waiting
from services.cli.surroundings import dsn_of, run

# Taking up the log of a busy day takes its time.
PATIENCE_SECONDS: Final = 3600
_ANY: Final = "ledger"

Until = Annotated[
    str | None,
    typer.Option("--until", help="恢复到此时刻，如 2026-11-26T08:00:00+08:00，须写时区；不写即到日志末尾"),
]


def restore(
    into: Annotated[Path | None, typer.Option("--into", help="放在哪个目录；须不存在或为空")] = None,
    until: Until = None,
    port: Annotated[int | None, typer.Option("--port", help="在本机哪个端口上；不写即任选")] = None,
    form: Annotated[Form, typer.Option("--format", help="cnpg：只输出供 kubectl apply 的 Cluster 清单")] = Form.HERE,
    cluster: ClusterName = CLUSTER,
    server_name: Annotated[
        str | None,
        typer.Option(
            "--server-name", help="cnpg：现在以哪个名称归档（serverName），原处恢复过即 postgres-2；不写即集群名称"
        ),
    ] = None,
    storage: Annotated[str, typer.Option("--storage", help="cnpg：数据卷大小，与原集群相同")] = SIZES.storage,
    wal_storage: Annotated[str, typer.Option("--wal-storage", help="cnpg：日志卷大小")] = SIZES.log,
    max_connections: Annotated[
        int, typer.Option("--max-connections", help="cnpg：max_connections，不少于原集群")
    ] = SIZES.connections,
) -> None:
    """用备份和日志在另一处恢复出一个数据库并启动，供查看和取回；平台自己的数据库不动。原处恢复见 duban backup how。"""
    moment = moment_of(until)
    if form is Form.CNPG:
        sizes = Sizes(storage, wal_storage, max_connections)
        manifest = restored_cluster(cluster, moment, server=server_name, sizes=sizes)
        text("manifest", json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
        return
    _restored_here(into, moment, port)


def _restored_here(into: Path | None, moment: datetime | None, port: int | None) -> None:
    programs, place = postgres_programs(), archived()
    if into is None:
        end("请以 --into 给出目录", WRONGLY_CALLED)
    if into.exists() and any(into.iterdir()):
        end(f"{into} 不是空目录", WRONGLY_CALLED)
    base = archive.fitting(place, moment) or end(f"{place} 中没有{'该时刻之前的' if moment else ''}基础备份")
    server, began = Beside(programs, into.absolute(), port or free_port()), time.monotonic()
    try:
        with waiting(f"从 {base.path.name} 恢复"):
            server.begin(base, place / "wal", moment)
            through = run(recovered(server.place, dsn_of(_ANY), PATIENCE_SECONDS, server))
    except (NotRestored, OSError) as failed:
        server.stop()
        end(f"没有恢复：{failed}；见 {into}/postgres.log", NO)
    value("restored", {"base": base.path.name, "through": through, "seconds": round(time.monotonic() - began, 1)})
    value("server", {"host": server.place.host, "port": server.port, "directory": str(into.absolute())})
    good(f"已从 {base.path.name} 恢复，用时 {time.monotonic() - began:.1f} 秒；最后一次提交 {ago(through)}")
    note(f"在 {server.place.host}:{server.port}，账号、口令和数据库与平台的相同；不对外服务，也不归档")
    note(f"看完后：kill -INT $(head -1 {into.absolute()}/data/postmaster.pid)，再删去目录")


def moment_of(said: str | None) -> datetime | None:
    """Return the instant that was said; ends the command with 2 when it is none, or has not been yet."""
    try:
        return archive.instant(said, datetime.now(UTC)) if said is not None else None
    except ValueError as refused:
        end(str(refused), WRONGLY_CALLED)
