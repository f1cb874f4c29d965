"""`duban bundle`: what somebody who helps from outside needs to see, without secrets and without anybody's data.

Nothing is taken that could hold either: of settings only the names and whether each is given, of services what they say of
themselves and their gauges, of tables only counts and codes. Logs stay where they are; they are shipped elsewhere.
"""

from __future__ import annotations

import io
import json
import os
import platform
import tarfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from duban_contracts.topics import CONSUMERS
from services.chassis.process.kafka import obstacle
from services.cli.kafka_standing import look
from services.cli.lag import summary
from services.cli.output import as_plain, end, good, note
from services.cli.surroundings import SERVICES, broker, database, on_cluster, prefix, run, told

_ASK_SECONDS: Final = 5
# Whole values of these say nothing about anybody.
_PLAIN: Final = frozenset({"DUBAN_TOPIC_PREFIX", "DUBAN_TOPIC_REPLICATION", "DUBAN_KAFKA_SECURITY"})


def bundle(
    file: Annotated[Path, typer.Option("--file", help="写到哪个文件")] = Path("duban-bundle.tar.gz"),
) -> None:
    """收集求助所需：版本、已给出的设置（不含值）、就绪、指标、落后、死信代码计数；不含密钥、正文和个人信息。"""
    parts: dict[str, str] = {"settings.json": _json(_settings()), "machine.json": _json(_machine())}
    for service in SERVICES:
        parts |= _of_service(service)
    parts["consumers.json"] = _json(_consumers())
    parts["stores.json"] = _json(run(_stores()))
    try:
        with tarfile.open(file, "w:gz") as archive:
            for name, text in parts.items():
                content = text.encode()
                entry = tarfile.TarInfo(f"duban-bundle/{name}")
                entry.size, entry.mtime = len(content), int(time.time())
                archive.addfile(entry, io.BytesIO(content))
    except OSError as error:
        end(f"写不了 {file}：{error.strerror}")
    good(f"{file}：{len(parts)} 份")
    note("日志不在其内；请先看过再交给别人")


def _settings() -> dict[str, Any]:
    given = {name: value for name, value in os.environ.items() if name.startswith("DUBAN_")}
    return {name: value if name in _PLAIN else "given" for name, value in sorted(given.items())}


def _machine() -> dict[str, Any]:
    return {"at": datetime.now(UTC), "python": platform.python_version(), "system": platform.platform()}


def _of_service(service: str) -> dict[str, str]:
    url, parts = told(f"DUBAN_{service.upper()}_URL"), {}
    for path, name in (("/readyz", "readyz.json"), ("/metrics", "metrics.txt")):
        try:
            parts[f"{service}/{name}"] = httpx.get(f"{url}{path}", timeout=_ASK_SECONDS).text
        except httpx.HTTPError as error:
            parts[f"{service}/{name}"] = type(error).__name__
    return parts


def _consumers() -> Any:
    if trouble := run(obstacle(broker())):
        return trouble
    return [summary(each) for each in on_cluster(lambda cluster: look(cluster, prefix(), CONSUMERS))]


async def _stores() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for service in SERVICES:
        try:
            async with database(service) as connection:
                letters = await connection.fetch(
                    """SELECT consumer, code, state, count(*) AS letters, max(created_at) AS newest
                         FROM dead_letter GROUP BY consumer, code, state ORDER BY consumer, code, state"""
                )
                sizes = await connection.fetch(
                    """SELECT relname AS name, n_live_tup AS live, n_dead_tup AS dead FROM pg_stat_user_tables
                        ORDER BY n_live_tup DESC, relname LIMIT 30"""
                )
        except typer.Exit:
            found[service] = "no answer"
            continue
        found[service] = {"dead_letters": [dict(row) for row in letters], "tables": [dict(row) for row in sizes]}
    return found


def _json(what: Any) -> str:
    return json.dumps(what, ensure_ascii=False, indent=1, default=as_plain) + "\n"
