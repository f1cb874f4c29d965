"""`duban criteria`: the office loads criteria (判定标准) without a screen, after a rehearsal if it likes."""

from __future__ import annotations

from services.cli.loading import DryRun, File, load_file
from services.cli.output import Commands, good

commands = Commands(help="判定标准：导入各行业重大事故隐患判定标准", no_args_is_help=True)


@commands.callback()
def criteria() -> None:
    """判定标准。"""


@commands.command()
def load(file: File, dry_run: DryRun = False) -> None:
    """导入一个文件：全部导入，或一处不导入并列出每一处错误。访问密钥取自 DUBAN_KEY。"""
    said = load_file("ledger", "隐患台账", "/v1/criteria/imports", file, {"dry_run": str(dry_run).lower()})
    for each in said["created"]:
        what = "将新增" if said["dry_run"] else "新增"
        good(f"{what} {each['sector']} {each['version']}：{each['clauses']} 条")
    for each in said["unchanged"]:
        good(f"已有 {each['sector']} {each['version']}，未变")
