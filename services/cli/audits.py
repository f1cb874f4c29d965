"""`duban audit` and `duban verify`: whether everything due was said, and whether nobody touched the audit trails."""

from __future__ import annotations

from typing import Any, Final

import typer

from services.chassis.trail.verifying import ChainVerdict
from services.chassis.trail.verifying import verify as verify_trail
from services.cli.output import NEEDS_A_PERSON, NO, note, progress_of, rows
from services.cli.surroundings import SERVICES, ask, database, run

_AUDITS: Final = {
    "/v1/audit": "到期督办",
    "/v1/audit/tasks": "任务",
    "/v1/audit/planning": "排期",
}
_PATIENCE_SECONDS: Final = 600


def audit() -> None:
    """三项自查：过期未督办的、任务与提醒不一致的、该排未排的；有一处即以 3 退出。访问密钥取自 DUBAN_KEY。"""
    found = []
    with progress_of() as progress:
        for path, words in progress.track(_AUDITS.items(), description="自查"):
            said = ask("scheduler", path, patience=_PATIENCE_SECONDS)
            found.append({"audit": words, "sound": said["sound"], "as_of": said["as_of"], "said": said})
    rows("audits", {"audit": "自查", "sound": "无问题", "as_of": "截至"}, found)
    if not all(each["sound"] for each in found):
        note("逐项内容：duban audit --json")
        raise typer.Exit(NEEDS_A_PERSON)


def verify() -> None:
    """校验各服务的操作留痕：改动、删除、添入、截断，是否还在服务手中；有一处即以 1 退出。历史另以 verify_history 离线校验。"""

    async def look() -> list[tuple[str, ChainVerdict]]:
        found = []
        with progress_of() as progress:
            for service in progress.track(SERVICES, description="校验"):
                async with database(service) as connection:
                    found.append((service, await verify_trail(connection, [])))
        return found

    found = [_told(service, verdict) for service, verdict in run(look())]
    columns = {"service": "服务", "rows": "条数", "faults": "问题", "taken_over": "已收归", "head": "链头"}
    rows("trails", columns, found)
    note("逐条内容：duban trail verify <服务>；链头请在平台之外留存")
    if any(each["faults"] or not each["taken_over"] for each in found):
        raise typer.Exit(NO)


def _told(service: str, verdict: ChainVerdict) -> dict[str, Any]:
    return {
        "service": service,
        "rows": verdict.rows,
        "faults": len(verdict.findings),
        "taken_over": verdict.is_taken_over,
        "head": str(verdict.head),
    }
