"""`duban bundle`: what somebody who helps from outside needs to see, without secrets and without anybody's data.

Nothing is taken that could hold either: of settings only the names and whether each is given, of services what they say of
themselves and their gauges, of tables only counts, codes and migrations, of topics how they are set, of alerts which fire,
of logs what `services.cli.logs` lets pass.
"""

from __future__ import annotations

import io
import json
import os
import platform
import tarfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from duban_contracts.topics import CONSUMERS
from services.chassis.process.kafka import obstacle
from services.chassis.process.secret_files import DIRECTORY, given
from services.cli import topics
from services.cli.kafka_standing import look
from services.cli.lag import summary
from services.cli.logs import recent
from services.cli.output import as_plain, end, good, note, progress_of, value
from services.cli.surroundings import SERVICES, broker, database, on_cluster, prefix, run, told

LOGS: Final = "DUBAN_LOGS"
PROMETHEUS: Final = "DUBAN_PROMETHEUS_URL"
_ASK_SECONDS: Final = 5
# Whole values of these say nothing about anybody.
_PLAIN: Final = frozenset({"DUBAN_TOPIC_PREFIX", "DUBAN_TOPIC_REPLICATION", "DUBAN_KAFKA_SECURITY"})
_PACKAGES: Final = ("duban-contracts", "aiokafka", "asyncpg", "fastapi", "faust-streaming", "uvicorn")
# Who is called and for which service or county; what an alert says in words stays here.
_LABELS: Final = frozenset(
    {"alertname", "severity", "service", "consumer", "county", "topic", "partition", "dependency"}
)
_MEGABYTE: Final = 1_000_000

Parts = Iterator[tuple[str, str]]


def bundle(
    file: Annotated[Path, typer.Option("--file", help="写到哪个文件")] = Path("duban-bundle.tar.gz"),
    hours: Annotated[int, typer.Option("--hours", min=0, help="最近多少小时的日志；0 即不含日志")] = 24,
    megabytes: Annotated[
        int, typer.Option("--megabytes", min=1, max=50, help="每个服务的日志最多多少 MB，超出的略去旧的")
    ] = 2,
) -> None:
    """收集求助所需：版本、设置的名称、就绪、指标、主题、落后、告警、迁移、死信代码计数、近期日志；不含密钥、正文和个人信息。"""
    told("DUBAN_KAFKA_BOOTSTRAP")
    steps: list[Callable[[], Parts]] = [
        lambda: iter([("settings.json", _json(_settings())), ("versions.json", _json(_versions()))]),
        lambda: (part for service in SERVICES for part in _of_service(service)),
        lambda: iter([("consumers.json", _json(_consumers())), ("topics.json", _json(_topics()))]),
        lambda: iter([("stores.json", _json(run(_stores())))]),
        lambda: iter([("alerts.json", _json(_alerts()))]),
        lambda: _logs(hours, megabytes * _MEGABYTE),
    ]
    parts: dict[str, str] = {}
    with progress_of() as progress:
        bar = progress.add_task("收集", total=len(steps))
        for step in steps:
            parts |= dict(step())
            progress.advance(bar)
    _write(file, parts)
    value("parts", sorted(parts))
    good(f"{file}：{len(parts)} 份")
    note("请先看过再交给别人")


def _write(file: Path, parts: dict[str, str]) -> None:
    try:
        # For whoever asked for it, until it is handed on.
        opened = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        with opened, tarfile.open(fileobj=opened, mode="w:gz") as archive:
            for name, text in parts.items():
                content = text.encode()
                entry = tarfile.TarInfo(f"duban-bundle/{name}")
                entry.size, entry.mtime = len(content), int(time.time())
                archive.addfile(entry, io.BytesIO(content))
    except OSError as error:
        end(f"写不了 {file}：{error.strerror}")


def _settings() -> dict[str, Any]:
    secrets = os.environ.get(DIRECTORY)
    given_here = dict.fromkeys((each.name for each in Path(secrets).glob("DUBAN_*")) if secrets else (), "")
    given_here |= {name: each for name, each in os.environ.items() if name.startswith("DUBAN_")}
    return {name: each if name in _PLAIN else "given" for name, each in sorted(given_here.items())}


def _versions() -> dict[str, Any]:
    found: dict[str, Any] = {"at": datetime.now(UTC), "system": platform.platform()}
    found["python"] = platform.python_version()
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    return found


def _of_service(service: str) -> Parts:
    url = told(f"DUBAN_{service.upper()}_URL")
    for path, name in (("/readyz", "readyz.json"), ("/metrics", "metrics.txt")):
        try:
            yield f"{service}/{name}", httpx.get(f"{url}{path}", timeout=_ASK_SECONDS).text
        except httpx.HTTPError as error:
            yield f"{service}/{name}", type(error).__name__


def _consumers() -> Any:
    if trouble := run(obstacle(broker())):
        return trouble
    return [summary(each) for each in on_cluster(lambda cluster: look(cluster, prefix(), CONSUMERS))]


def _topics() -> Any:
    """Return where the cluster's topics differ from the profile's, or why that can't be told."""
    if not given("DUBAN_PROFILE"):
        return "no profile"
    if trouble := run(obstacle(broker())):
        return trouble
    try:
        return {"differences": topics.differences_now().lines()}
    except typer.Exit:
        return "no answer"


def _alerts() -> Any:
    """Return which alerts fire or wait, or why that can't be told."""
    url = given(PROMETHEUS)
    if not url:
        return f"{PROMETHEUS} is not given"
    try:
        alerts = httpx.get(f"{url}/api/v1/alerts", timeout=_ASK_SECONDS).json()["data"]["alerts"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        return type(error).__name__
    return [
        {
            "state": each["state"],
            "since": each.get("activeAt"),
            **{name: said for name, said in each["labels"].items() if name in _LABELS},
        }
        for each in alerts
    ]


def _logs(hours: int, most_bytes: int) -> Parts:
    place = given(LOGS)
    if not hours:
        return
    if not place:
        note(f"未告知日志在哪里（{LOGS}），不含日志")
        return
    since = datetime.now(UTC) - timedelta(hours=hours)
    for service in SERVICES:
        try:
            found = recent(Path(place), service, since, most_bytes)
        except OSError as error:
            note(f"{service} 的日志读不了：{error.strerror}")
            continue
        if found.left_out:
            note(f"{service} 的日志略去了较旧的 {found.left_out} 行")
        yield f"{service}/log.jsonl", "".join(found.lines)


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
                migrations = await connection.fetch("SELECT name FROM schema_migration ORDER BY name")
                version = await connection.fetchval("SHOW server_version")
        except typer.Exit:
            found[service] = "no answer"
            continue
        found[service] = {
            "postgresql": version,
            "migrations": [row["name"] for row in migrations],
            "dead_letters": [dict(row) for row in letters],
            "tables": [dict(row) for row in sizes],
        }
    return found


def _json(what: Any) -> str:
    return json.dumps(what, ensure_ascii=False, indent=1, default=as_plain) + "\n"
