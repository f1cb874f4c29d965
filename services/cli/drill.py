"""`duban drill`: whether the backups would bring everything back, and how long that takes; nothing of the platform is stopped.

What stands in the platform is looked at, the backups are restored beside it, and both are compared: receipts, numbers,
history, letters, figures. `--against` compares with a server that something else restored: compose, or CloudNativePG.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import asyncpg
import typer

from services.cli import archive
from services.cli.backup import archived, postgres_programs
from services.cli.beside import Beside, NotRestored, Place, free_port, recovered
from services.cli.comparing import THINGS, Seen, see, verdict
from services.cli.output import NO, WRONGLY_CALLED, ago, bad, end, good, rows, text, value, waiting
from services.cli.restore import PATIENCE_SECONDS
from services.cli.surroundings import database, dsn_of, run

_PORT: Final = 5432
_ANY: Final = "ledger"

Noted = Mapping[str, Seen]


def drill(
    against: Annotated[
        str | None,
        typer.Option("--against", help="与另一处已恢复（或正在恢复）的数据库比较：主机[:端口]；须有 --noted"),
    ] = None,
    noted: Annotated[typer.FileText | None, typer.Option("--noted", help="--note 的输出；- 即标准输入")] = None,
    authority: Annotated[
        Path | None, typer.Option("--ca", help="该数据库证书的签发机构证书", exists=True, dir_okay=False)
    ] = None,
    into: Annotated[Path | None, typer.Option("--into", help="临时恢复到哪个目录之下；不写即系统临时目录")] = None,
    port: Annotated[int | None, typer.Option("--port", help="临时用本机哪个端口；不写即任选")] = None,
    *,
    note: Annotated[bool, typer.Option("--note", help="只输出平台此刻有什么，供另一处恢复之后以 --noted 比较")] = False,
) -> None:
    """演练恢复：在另一处用备份恢复，量出用时，并与平台比较回执、编号、历史、文书和统计；有缺少或不同即以 1 退出。平台照常运行。"""
    if (against is None) != (noted is None):
        end("--against 与 --noted 须一起给出", WRONGLY_CALLED)
    if note:
        text("noted", _written(run(_look())) + "\n")
        return
    place = _place(against, authority) if against else None
    with waiting("恢复并比较"):
        try:
            told_of = run(_compared(place, *_read(noted.read()))) if place and noted else _restored_here(into, port)
        except (NotRestored, OSError, asyncpg.PostgresError) as failed:
            end(f"没有恢复：{str(failed) or type(failed).__name__}", NO)
    _tell(told_of)


def _tell(told_of: Mapping[str, Any]) -> None:
    value("drill", {name: each for name, each in told_of.items() if name != "things"})
    columns = {"in_words": "", "rows": "演练开始时", "restored": "恢复出", "missing": "缺少", "same": "一致"}
    rows("things", columns, told_of["things"])
    good(f"恢复用时 {told_of['seconds']} 秒；恢复出的最后一次提交 {ago(told_of['through'])}")
    if wrong := [each["in_words"] for each in told_of["things"] if each["missing"] or not each["same"]]:
        bad(f"与平台不同：{'、'.join(wrong)}；正有大量写入时可重做一次")
        raise typer.Exit(NO)
    good("没有丢失，内容一致")


def _restored_here(into: Path | None, port: int | None) -> dict[str, Any]:
    programs, place = postgres_programs(), archived()
    base = archive.fitting(place, None) or end(f"{place} 中没有基础备份")
    if into:
        into.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="duban-drill-", dir=into)).absolute()
    # Below root another account runs the server, and has to come in.
    scratch.chmod(0o755)
    server = Beside(programs, scratch / "restored", port or free_port())

    async def work() -> dict[str, Any]:
        at, then = datetime.now(UTC), await _look()
        await asyncio.to_thread(server.begin, base, place / "wal", None)
        return await _compared(server.place, at, then, server)

    try:
        return {"base": base.path.name, "base_bytes": base.size, **run(work())}
    finally:
        server.stop()
        shutil.rmtree(scratch, ignore_errors=True)


async def _look() -> dict[str, Seen]:
    """Return what stands in the platform now."""
    found = {}
    for thing in THINGS:
        async with database(thing.service) as connection:
            found[thing.name] = await see(connection, thing)
    return found


async def _compared(place: Place, at: datetime, then: Noted, server: Beside | None = None) -> dict[str, Any]:
    """Wait for the restored server, and compare it with what stood in the platform `then`, at the instant `at`."""
    through = await recovered(place, dsn_of(_ANY), PATIENCE_SECONDS, server)
    took = (datetime.now(UTC) - at).total_seconds()
    things = []
    for thing in THINGS:
        before = then[thing.name]
        connection = await place.connect(dsn_of(thing.service))
        try:
            restored = await see(connection, thing, before.newest)
        finally:
            await connection.close()
        async with database(thing.service) as platform:
            now = await see(platform, thing, before.newest)
        things.append(verdict(thing, before, restored, now))
    return {"began_at": at, "seconds": round(took, 1), "through": through, "things": things}


def _written(then: Noted) -> str:
    document = {"at": datetime.now(UTC).isoformat(), "things": {name: asdict(seen) for name, seen in then.items()}}
    return json.dumps(document)


def _read(written: str) -> tuple[datetime, Noted]:
    try:
        document = json.loads(written)
        then = {thing.name: Seen(**document["things"][thing.name]) for thing in THINGS}
        return datetime.fromisoformat(document["at"]), then
    except (ValueError, TypeError, KeyError):
        end("--noted 不是 duban drill --note 的输出", WRONGLY_CALLED)


def _place(against: str, authority: Path | None) -> Place:
    host, _, port = against.rpartition(":") if ":" in against else (against, "", str(_PORT))
    if not host or not port.isdigit():
        end(f"--against 的写法是 主机[:端口]，现为 {against}", WRONGLY_CALLED)
    return Place(host, int(port), authority)
