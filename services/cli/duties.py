"""`duban duties`: the office loads a table of duties without a screen, after a rehearsal if it likes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.cli.surroundings import console, told

commands = typer.Typer(help="周期职责：导入任务表、周期职责清单和专项行动", no_args_is_help=True)
# Planning a year for many units takes its time; the office waits and sees that it does.
_PATIENCE_SECONDS: Final = 600

Year = Annotated[int | None, typer.Option("--year", help="文件未写年份时的年度")]


@commands.callback()
def duties() -> None:
    """周期职责。"""


@commands.command()
def load(
    file: Annotated[Path, typer.Argument(help="JSON 或 Excel（.xlsx）文件", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只校验并说明将会怎样，不保存")] = False,
    year: Year = None,
) -> None:
    """导入一个文件：全部导入，或一处不导入并列出每一处错误。访问密钥取自 DUBAN_KEY。"""
    url, key = told("DUBAN_SCHEDULER_URL"), told("DUBAN_KEY")
    wanted = {"dry_run": str(dry_run).lower(), **({} if year is None else {"year": str(year)})}
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(f"导入 {file.name}")
        try:
            answer = httpx.post(
                f"{url}/v1/imports",
                params=wanted,
                content=file.read_bytes(),
                headers={"Authorization": f"Bearer {key}"},
                timeout=_PATIENCE_SECONDS,
            )
            said = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            console.print(f"✗ 任务调度服务没有答复：{type(error).__name__}")
            raise typer.Exit(1) from None
    _show(said.get("findings", said.get("warnings", [])))
    if answer.is_error:
        console.print(f"✗ {said['detail']}", markup=False)
        raise typer.Exit(1)
    _summary(said)


def _show(findings: list[dict[str, Any]]) -> None:
    if not findings:
        return
    table = Table("位置", "性质", "代码", "要求", "原值")
    for each in findings:
        weight = "错误" if each["weight"] == "error" else "注意"
        table.add_row(each["cell"], weight, each["code"], each["rule"], str(each.get("value") or ""))
    console.print(table, markup=False)


def _summary(said: dict[str, Any]) -> None:
    tasks = said["tasks"]
    console.print(
        f"✓ {'将新立' if said['dry_run'] else '新立'}职责 {len(said['duties_created'])} 项，"
        f"调整 {len(said['duties_changed'])} 项，未变 {len(said['duties_unchanged'])} 项；"
        f"排定任务 {tasks['created']} 项，撤回 {tasks['withdrawn']} 项",
        markup=False,
    )
