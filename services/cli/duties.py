"""`duban duties`: the office loads a table of duties without a screen, after a rehearsal if it likes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.loading import DryRun, File, load_file
from services.cli.output import Commands, good

commands = Commands(help="周期职责：导入任务表、周期职责清单和专项行动", no_args_is_help=True)

Year = Annotated[int | None, typer.Option("--year", help="文件未写年份时的年度")]


@commands.callback()
def duties() -> None:
    """周期职责。"""


@commands.command()
def load(file: File, dry_run: DryRun = False, year: Year = None) -> None:
    """导入一个文件：全部导入，或一处不导入并列出每一处错误。访问密钥取自 DUBAN_KEY。"""
    wanted = {"dry_run": str(dry_run).lower(), **({} if year is None else {"year": str(year)})}
    _summary(load_file("scheduler", "任务调度", "/v1/imports", file, wanted))


def _summary(said: dict[str, Any]) -> None:
    tasks = said["tasks"]
    good(
        f"{'将新立' if said['dry_run'] else '新立'}职责 {len(said['duties_created'])} 项，"
        f"调整 {len(said['duties_changed'])} 项，未变 {len(said['duties_unchanged'])} 项；"
        f"排定任务 {tasks['created']} 项，撤回 {tasks['withdrawn']} 项"
    )
