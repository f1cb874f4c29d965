"""Loading a file by a service's import route: all of it or nothing, every fault printed with its cell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from services.cli.output import as_json, end, rows, value, waiting
from services.cli.surroundings import told

# Planning a year for many units takes its time; the office waits and sees that it does.
_PATIENCE_SECONDS: Final = 600

File = Annotated[Path, typer.Argument(help="JSON 或 Excel（.xlsx）文件", exists=True, dir_okay=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只校验并说明将会怎样，不保存")]


def load_file(service: str, title: str, route: str, file: Path, wanted: Mapping[str, str]) -> dict[str, Any]:
    """Return what loading `file` did, after printing what has to be looked at; a refused file ends the command with 1.

    `service` and its Chinese `title` say whose route it is, `wanted` are its parameters. The key is `DUBAN_KEY`.
    """
    url, key = told(f"DUBAN_{service.upper()}_URL"), told("DUBAN_KEY")
    with waiting(f"导入 {file.name}"):
        try:
            answer = httpx.post(
                f"{url}{route}",
                params=wanted,
                content=file.read_bytes(),
                headers={"Authorization": f"Bearer {key}"},
                timeout=_PATIENCE_SECONDS,
            )
            said: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            end(f"{title}服务没有答复：{type(error).__name__}")
    _show(said.get("findings", said.get("warnings", [])))
    if answer.is_error:
        end(said["detail"])
    value("loaded", said)
    return said


def _show(findings: list[dict[str, Any]]) -> None:
    columns = {"cell": "位置", "in_words": "性质", "code": "代码", "rule": "要求", "value": "原值"}
    told_of = [
        {"value": None, **each, "in_words": "错误" if each["weight"] == "error" else "注意"} for each in findings
    ]
    if told_of or as_json():
        rows("findings", columns, told_of)
