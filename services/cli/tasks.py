"""`duban tasks`: the office sees without a screen what is due, what is late and what a plan lacks, and loads a plan."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

from duban_contracts.vocabulary import UNITS
from services.chassis.process.clock import ZONE
from services.cli import duties
from services.cli.output import DONE, NEEDS_A_PERSON, Commands, note, progress_of, rows
from services.cli.surroundings import ask

commands = Commands(help="任务：即将到期、逾期未报、任务表缺口和导入", no_args_is_help=True)
commands.command(name="load")(duties.load)

_PAGE: Final = 500
_WEIGHTS: Final = {"hard": "硬缺口", "medium": "较重", "low": "较轻", "info": "提示"}
_STATES: Final = {"assigned": "已下达", "acknowledged": "已签收", "returned": "已退回"}

County = Annotated[str | None, typer.Option("--county", help="县（市、区）行政区划代码")]
Unit = Annotated[str | None, typer.Option("--unit", help="牵头或配合单位代码")]


@commands.callback()
def tasks() -> None:
    """任务。访问密钥取自 DUBAN_KEY。"""


@commands.command()
def due(
    days: Annotated[int, typer.Option("--days", min=0, help="今天起多少天内到期")] = 7,
    on: Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="以哪一天为今天")] = None,
    county: County = None,
    unit: Unit = None,
) -> None:
    """尚未报送、即将到期的任务，先到期的在前。"""
    first = _day(on)
    wanted = {"owed": "true", "due_from": str(first), "due_to": str(first + timedelta(days=days))}
    _print(_all(wanted, county, unit), nothing=f"{days} 天内没有到期的任务")


@commands.command()
def late(county: County = None, unit: Unit = None) -> None:
    """逾期仍未报送的任务，逾期最久的在前；有一项即以 3 退出。"""
    found = _all({"owed": "true", "late": "true"}, county, unit)
    _print(found, nothing="没有逾期未报的任务")
    raise typer.Exit(NEEDS_A_PERSON if found else DONE)


@commands.command()
def gaps(plan: Annotated[str, typer.Argument(help="任务表代码，如 nine-ones-2024")]) -> None:
    """一份任务表按自身机制还缺什么，重的在前；有硬缺口即以 3 退出。"""
    found = ask("scheduler", f"/v1/plans/{plan}/gaps")["items"]
    shown = [{**each, "in_words": _WEIGHTS.get(each["severity"], each["severity"])} for each in found]
    columns = {"in_words": "轻重", "code": "代码", "missing": "缺", "detail": "说明"}
    rows("gaps", columns, shown, nothing="没有缺口")
    raise typer.Exit(NEEDS_A_PERSON if any(each["severity"] == "hard" for each in found) else DONE)


def _day(on: datetime | None) -> date:
    return on.date() if on else datetime.now(UTC).astimezone(ZONE).date()


def _all(wanted: dict[str, str], county: str | None, unit: str | None) -> list[dict[str, Any]]:
    """Return every task that is wanted, page by page, with a bar that shows how far it is."""
    asked = {**wanted, **({"county": county} if county else {}), **({"unit": unit} if unit else {})}
    total = ask("scheduler", "/v1/tasks/count", asked)["total"]
    found: list[dict[str, Any]] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with progress_of(*columns) as progress:
        bar = progress.add_task("读取任务", total=total)
        following: str | None = ""
        while following is not None:
            turned = {**asked, "limit": str(_PAGE), **({"after": following} if following else {})}
            page = ask("scheduler", "/v1/tasks", turned)
            found += page["items"]
            following = page["next"]
            progress.update(bar, completed=len(found))
    return found


def _print(found: list[dict[str, Any]], *, nothing: str) -> None:
    columns = {
        "number": "编号",
        "due_on": "完成期限",
        "title": "任务",
        "who": "对象",
        "lead": "牵头单位",
        "in_words": "状态",
    }
    shown = [
        {
            **each,
            "who": each["member"]["name"] if each["member"] else each["county"],
            "lead": UNITS.name(each["lead_unit"]),
            "in_words": _STATES.get(each["state"], each["state"]) + ("，逾期" if each["late"] else ""),
        }
        for each in found
    ]
    rows("tasks", columns, shown, nothing=nothing)
    if found:
        note(f"共 {len(found)} 项")
