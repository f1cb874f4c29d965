"""`duban trail`: the audit trails of the services: checked, taken away, pruned. Each command names whose trail it is about.

The connection is `DUBAN_<SERVICE>_DSN`; only `prune` needs that of the trail's owner.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer

from services.chassis.trail import tables
from services.chassis.trail.documents import ByTime, TrailItem, csv_of, lines_of
from services.chassis.trail.model import KEPT_AT_LEAST, Fault, Head
from services.chassis.trail.pruning import TooYoung, prune
from services.chassis.trail.tables import Filter
from services.chassis.trail.verifying import ChainVerdict, verify
from services.cli.output import NO, WRONGLY_CALLED, Commands, as_json, bad, end, good, note, text, value, waiting
from services.cli.surroundings import Account, Service, database, run

commands = Commands(help="操作留痕：校验、导出、清理", no_args_is_help=True)

_WORDS = {
    Fault.EDITED: "第 {} 条被改动",
    Fault.REMOVED: "第 {} 条不见了",
    Fault.SLIPPED_IN: "第 {} 条是事后添入的",
    Fault.SEAL_EDITED: "第 {} 个封条与其内容或前后不符",
    Fault.SEAL_MISSING: "第 {} 个封条不见了",
    Fault.HEAD_MISSING: "链上没有留存的第 {} 个封条：被截断，或整体重做过",
    Fault.CUT_TOO_SOON: "锚点（第 {} 个封条）之前被删去的，有不满保留期的",
}
_AT_ONCE = 200


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"


Moment = Annotated[datetime | None, typer.Option(help="UTC，如 2026-11-01T00:00:00")]
Kept = Annotated[list[str] | None, typer.Option("--expect-head", help="以前校验时留存的链头，可多次")]


@commands.command("verify")
def check(service: Service, expect_head: Kept = None) -> None:
    """从头到尾校验一个服务的留痕：改动、删除、添入、换位、截断；是否还在服务手中。有问题时以 1 结束。"""
    try:
        kept = [Head.parse(text) for text in expect_head or ()]
    except ValueError:
        end("链头的写法是 序号:64 位十六进制摘要", WRONGLY_CALLED)

    async def work() -> ChainVerdict:
        async with database(service) as connection:
            return await verify(connection, kept)

    with waiting(f"校验 {service}"):
        verdict = run(work())
    _tell(verdict)
    if verdict.findings or not verdict.is_taken_over:
        raise typer.Exit(NO)


def _tell(verdict: ChainVerdict) -> None:
    value("faults", [{"fault": finding.fault.name.lower(), "at": finding.at} for finding in verdict.findings])
    for name in ("rows", "seals", "unsealed", "sealed_at"):
        value(name, getattr(verdict, name))
    value("taken_over", verdict.is_taken_over)
    value("head", str(verdict.head))
    for finding in verdict.findings:
        bad(_WORDS[finding.fault].format(finding.at))
    for head in verdict.pruned:
        note(f"! 留存的第 {head.number} 个封条在锚点之前，已随到期清理删去，无从比对")
    if not verdict.is_taken_over:
        bad("留痕表还在服务自己手中，服务可以改动：请重新运行部署准备（provision）")
    counted = f"{verdict.rows} 条，{verdict.seals} 个封条，{verdict.unsealed} 条待封"
    if verdict.findings:
        bad(f"留痕不完整：{counted}")
    else:
        good(f"留痕完整：{counted}")
    since = f"，封于 {verdict.sealed_at.isoformat(timespec='seconds')}" if verdict.sealed_at else ""
    note(f"链头 {verdict.head}{since}（请在平台之外留存，下次校验时以 --expect-head 给出）")


@commands.command("export")
def export(
    service: Service,
    format: Format = Format.JSONL,  # noqa: A002 - the option's name
    since: Moment = None,
    until: Moment = None,
    account: str | None = None,
    event: Annotated[str | None, typer.Option(help="事件编号")] = None,
) -> None:
    """把一个服务的留痕写到标准输出，新的在前。"""
    wanted = Filter(account=account, event=event, since=_utc(since), until=_utc(until))

    async def work() -> None:
        before, first = None, True
        found: list[dict[str, Any]] = []
        async with database(service) as connection:
            while rows := await tables.page(connection, wanted, before, _AT_ONCE):
                items = [TrailItem.of(row) for row in rows]
                if as_json():
                    found += [msgspec.to_builtins(item) for item in items]
                else:
                    written = lines_of(items) if format is Format.JSONL else csv_of(items, with_names=first)
                    text("rows", written.decode())
                last = ByTime(at=rows[-1].at, position=rows[-1].position)
                before, first = (last.at, last.position), False
        value("rows", found)

    run(work())


@commands.command("prune")
def prune_old(
    service: Service,
    account: Account,
    keep_days: Annotated[int, typer.Option(min=KEPT_AT_LEAST.days, help="保留的天数")] = KEPT_AT_LEAST.days,
) -> None:
    """清理超过保留期的留痕，留下锚点，其余部分照样可以校验。连接须是留痕表的所有者。"""

    async def work() -> int:
        async with database(service) as connection:
            return await prune(connection, keep=timedelta(days=keep_days), account=account)

    try:
        with waiting(f"清理 {service}"):
            pruned = run(work())
    except TooYoung:
        end(f"至少保留 {KEPT_AT_LEAST.days} 天", WRONGLY_CALLED)
    value("pruned", pruned)
    good(f"已清理 {pruned} 条")


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
