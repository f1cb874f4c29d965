"""The program that docs/draws.md gives to everybody, run as they would, or in the process of a test that starts none."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from services.scheduler.draws.model.drawing import Drawn

DOCS: Final = Path(__file__).parents[4] / "docs"
_BLOCK: Final = re.compile(r"```python\n(.*?)```", re.DOTALL)


def program(page: str = "draws.md") -> str:
    """Return the one program of a page."""
    [text] = _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    return str(text)


def run(text: bytes, secrets: Sequence[str], folder: Path) -> list[list[str]]:
    """Return what the program prints for this input: each target with its inspectors."""
    _lay_out(text, secrets, folder)
    command = [sys.executable, "-I", "-X", "utf8", "-c", program()]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True)
    return [line.split() for line in done.stdout.splitlines()]


def run_here(text: bytes, secrets: Sequence[str], folder: Path) -> list[list[str]]:
    """Return the same without another interpreter, as the tier `pure` asks: mutants of the draw are judged by it."""
    _lay_out(text, secrets, folder)
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as out:
        exec(program(), {})  # noqa: S102 - the page's own
    return [line.split() for line in out.getvalue().splitlines()]


def _lay_out(text: bytes, secrets: Sequence[str], folder: Path) -> None:
    (folder / "draw.txt").write_bytes(text)
    (folder / "secrets.txt").write_text("\n".join(secrets), encoding="utf-8")


def printed(drawn: Drawn) -> list[list[str]]:
    """Return a result as the program prints it."""
    return [[team.target, *team.inspectors] for team in drawn.teams]
