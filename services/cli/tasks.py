"""`duban tasks`: the office sees without a screen what is due, what is late and what a plan lacks, and loads a plan.

A command ends with 0 when there is nothing to worry about, with 3 when it shows something late or a hard gap, with 1 when
the scheduler refuses or does not answer, and with 2 when it was not told where that is.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

import httpx
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from duban_contracts.vocabulary import UNITS
from services.chassis.process.clock import ZONE
from services.cli import duties
from services.cli.surroundings import console, told

commands = typer.Typer(help="任务：即将到期、逾期未报、任务表缺口和导入", no_args_is_help=True)
commands.command(name="load")(duties.load)

WORRYING: Final = 3
_PAGE: Final = 500
_PATIENCE_SECONDS: Final = 60
_WEIGHTS: Final = {"hard": "硬缺口", "medium": "较重", "low": "较轻", "info": "提示"}
_STATES: Final = {"assigned": "已下达", "acknowledged": "已签收", "returned": "已退回"}

County = Annotated[str | None, typer.Option("--county", help="县（市、区）行政区划代码")]
Unit = Annotated[str | None, typer.Option("--unit", help="牵头或配合单位代码")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON，供其他程序读取")]


@commands.callback()
def tasks() -> None:
    """任务。访问密钥取自 DUBAN_KEY。"""


@commands.command()
def due(
    days: Annotated[int, typer.Option("--days", min=0, help="今天起多少天内到期")] = 7,
    on: Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="以哪一天为今天")] = None,
    county: County = None,
    unit: Unit = None,
    as_json: Json = False,
) -> None:
    """尚未报送、即将到期的任务，先到期的在前。"""
    first = _day(on)
    wanted = {"owed": "true", "due_from": str(first), "due_to": str(first + timedelta(days=days))}
    _print(_all(wanted, county, unit, quiet=as_json), as_json=as_json, nothing=f"{days} 天内没有到期的任务")


@commands.command()
def late(county: County = None, unit: Unit = None, as_json: Json = False) -> None:
    """逾期仍未报送的任务，逾期最久的在前；有一项即以 3 退出。"""
    found = _all({"owed": "true", "late": "true"}, county, unit, quiet=as_json)
    _print(found, as_json=as_json, nothing="没有逾期未报的任务")
    raise typer.Exit(WORRYING if found else 0)


@commands.command()
def gaps(plan: Annotated[str, typer.Argument(help="任务表代码，如 nine-ones-2024")], as_json: Json = False) -> None:
    """一份任务表按自身机制还缺什么，重的在前；有硬缺口即以 3 退出。"""
    found = _ask(f"/v1/plans/{plan}/gaps", {})["items"]
    if as_json:
        _json(found)
    elif found:
        table = Table("轻重", "代码", "缺", "说明")
        for each in found:
            table.add_row(
                _WEIGHTS.get(each["severity"], each["severity"]), each["code"], str(each["missing"]), each["detail"]
            )
        console.print(table, markup=False)
    else:
        console.print("✓ 没有缺口")
    raise typer.Exit(WORRYING if any(each["severity"] == "hard" for each in found) else 0)


def _day(on: datetime | None) -> date:
    return on.date() if on else datetime.now(UTC).astimezone(ZONE).date()


def _all(wanted: dict[str, str], county: str | None, unit: str | None, *, quiet: bool) -> list[dict[str, Any]]:
    """Return every task that is wanted, page by page, with a bar that shows how far it is."""
    asked = {**wanted, **({"county": county} if county else {}), **({"unit": unit} if unit else {})}
    total = _ask("/v1/tasks/count", asked)["total"]
    found: list[dict[str, Any]] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        bar = progress.add_task("读取任务", total=total)
        following: str | None = ""
        while following is not None:
            page = _ask("/v1/tasks", {**asked, "limit": str(_PAGE), **({"after": following} if following else {})})
            found += page["items"]
            following = page["next"]
            progress.update(bar, completed=len(found))
    return found


def _ask(path: str, params: dict[str, str]) -> Any:
    """Return what the scheduler answers; ends the command with 1 when it refuses or says nothing."""
    url, key = told("DUBAN_SCHEDULER_URL"), told("DUBAN_KEY")
    try:
        answer = httpx.get(
            f"{url}{path}", params=params, headers={"Authorization": f"Bearer {key}"}, timeout=_PATIENCE_SECONDS
        )
        said = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        console.print(f"✗ 任务调度服务没有答复：{type(error).__name__}")
        raise typer.Exit(1) from None
    if answer.is_error:
        console.print(f"✗ {said['detail']}", markup=False)
        raise typer.Exit(1)
    return said


def _print(found: list[dict[str, Any]], *, as_json: bool, nothing: str) -> None:
    if as_json:
        _json(found)
        return
    if not found:
        console.print(f"✓ {nothing}", markup=False)
        return
    table = Table("编号", "完成期限", "任务", "对象", "牵头单位", "状态")
    for each in found:
        state = _STATES.get(each["state"], each["state"]) + ("，逾期" if each["late"] else "")
        who = each["member"]["name"] if each["member"] else each["county"]
        table.add_row(each["number"], each["due_on"], each["title"], who, UNITS.name(each["lead_unit"]), state)
    console.print(table, markup=False)
    console.print(f"共 {len(found)} 项", markup=False)


def _json(found: list[dict[str, Any]]) -> None:
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
