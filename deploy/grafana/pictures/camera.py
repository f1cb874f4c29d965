"""Draws boards as PNG: Grafana's panel library in a browser without a screen, both from npm's registry by lock file.

Nothing of it is part of what `make install` installs, nor of what runs in a city.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.grafana.generate import DASHBOARDS
from deploy.local.trouble import Trouble

HERE: Final = Path(__file__).resolve().parent
_OFF_THE_EDGE: Final = 15
_SOURCES: Final = ("package.json", "package-lock.json", "shoot.mjs", "page")
_REMEDY: Final = "Install Node.js 20 or newer (Debian: nodejs and npm) and see that npm reaches its registry."


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the board, what stands beside its title, how far back it looks, and what its variables are.

    `names` are the words for those variables that are not "all".
    """

    board: str
    path: Path
    title: str
    seconds: int
    variables: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def installed(cache: Path) -> Path:
    """Return the directory with the page and its packages, installed when the lock file is another. Raises `Trouble`."""
    home = cache / "pictures"
    home.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    stamp = home / "installed"
    for name in _SOURCES:
        source = HERE / name
        if source.is_dir():
            shutil.copytree(source, home / name, dirs_exist_ok=True)
        else:
            shutil.copy(source, home / name)
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
        stamp.unlink(missing_ok=True)
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], home)
        stamp.write_text(lock, encoding="utf-8")
    return home


def take(home: Path, prometheus: str, wanted: Iterable[Picture]) -> None:
    """Take the pictures of this moment. Raises `Trouble` when one could not be drawn whole."""
    until = int(time.time())
    # A time that stands at the very edge would be cut off; curves have one at each half minute.
    until -= (until - _OFF_THE_EDGE) % 30
    asked = [_asked(one, prometheus, until) for one in wanted]
    for each in asked:
        Path(each["path"]).parent.mkdir(parents=True, exist_ok=True)
    _run(["node", "shoot.mjs"], home, json.dumps({"pictures": asked}))


def _asked(wanted: Picture, prometheus: str, until: int) -> dict[str, Any]:
    board = json.loads((DASHBOARDS / f"{wanted.board}.json").read_text(encoding="utf-8"))
    everything = {each["name"]: ".*" for each in board["templating"]["list"] if each["type"] == "query"}
    return {
        "path": str(wanted.path.resolve()),
        "board": board,
        "title": wanted.title,
        "variables": everything | wanted.variables,
        "names": wanted.names,
        "prometheus": prometheus,
        "until": until,
        "seconds": wanted.seconds,
    }


def _run(command: list[str], directory: Path, given: str = "") -> None:
    try:
        subprocess.run(command, cwd=directory, input=given, text=True, check=True, timeout=900)  # noqa: S603 - our own
    except FileNotFoundError as error:
        raise Trouble(f"{command[0]} is not here.", _REMEDY) from error
    except subprocess.CalledProcessError as error:
        raise Trouble(f"`{' '.join(command[:2])}` failed; the lines above say why.", _REMEDY) from error
