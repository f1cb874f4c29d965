"""A page names files, folders and modules of this repository: they are there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
# Folders of the repository whose names begin with a dot; every other such folder is a tool's or made by `make`.
_DOTTED: Final = {".ci", ".devcontainer", ".github"}
_FOREIGN: Final = {"node_modules", "__pycache__", "target"}
# These say what was, or quote another project's tree.
_OF_OTHER_TREES: Final = ("CHANGELOG.md", "docs/adr/", "tests/deploy/data/")
# Made where an installation or a command of the page runs.
_MADE: Final = (".venv/", ".duban/", "credentials/", "report/")
# How references begin that are kept for tips: no path.
_REFERENCES: Final = {"tip/"}

_QUOTED: Final = re.compile(r"`([^`\n]+)`")
_PATH: Final = re.compile(r"(?:[\w.-]+/)+(?:[\w.-]+\.(?:py|md|json|toml|sql))?")
_MODULE: Final = re.compile(r"(?:services|tools|deploy)(?:\.[a-z_]\w*)+")
_LINK: Final = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def _tree() -> Iterator[str]:
    for place, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name in _DOTTED or not (name[0] == "." or name in _FOREIGN)]
        here = Path(place).relative_to(ROOT)
        yield from ((here / name).as_posix() + "/" for name in folders)
        yield from ((here / name).as_posix() for name in files)


def _last(path: str) -> str:
    """Return the last name of a path; a folder's ends with a slash, as its path does."""
    return path[path.rstrip("/").rfind("/") + 1 :]


TREE: Final = frozenset(_tree())
BY_NAME: Final[Mapping[str, Sequence[str]]] = {
    name: list(paths) for name, paths in groupby(sorted(TREE, key=_last), key=_last)
}
TOPS: Final = {name for name in TREE if name.count("/") == 1 and name.endswith("/")}
PAGES: Final = sorted(name for name in TREE if name.endswith(".md") and not name.startswith(_OF_OTHER_TREES))


def gone(page: str, text: str) -> list[str]:
    """Return what `text`, the page called `page`, names and this repository does not have.

    A path begins at the root, or it is the tail of one below the page's folder; pages above all services
    (`docs/`, the root) may leave out where a tail begins.
    """
    folder = "" if "/" not in page or page.startswith("docs/") else page.rpartition("/")[0] + "/"
    words = [word for quoted in _QUOTED.findall(text) for word in quoted.split()]
    paths = [word for word in words if _PATH.fullmatch(word) and not word.startswith(_MADE) and word not in _REFERENCES]
    modules = [word for word in words if _MODULE.fullmatch(word) and not word.endswith((".py", ".md"))]
    links = [link for link in _LINK.findall(text) if ":" not in link]
    return [
        *(path for path in paths if not _stands(path, folder)),
        *(module for module in modules if not {f"{(stem := module.replace('.', '/'))}.py", f"{stem}/"} & TREE),
        *(link for link in links if not (ROOT / page).parent.joinpath(link).exists()),
    ]


def _stands(path: str, folder: str) -> bool:
    if path in TREE:
        return True
    if not folder and any(path.startswith(top) for top in TOPS):
        return False
    return any(name.startswith(folder) and f"/{name}".endswith(f"/{path}") for name in BY_NAME.get(_last(path), ()))


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_there(page: str) -> None:
    assert gone(page, (ROOT / page).read_text(encoding="utf-8")) == []


def test_what_is_gone_is_found() -> None:
    assert gone(
        "services/ledger/README.md", "`tests/test_gone.py`, `moves/`, `services.ledger.nowhere`, [x](no.md)"
    ) == [
        "tests/test_gone.py",
        "services.ledger.nowhere",
        "no.md",
    ]
    assert gone("docs/architecture.md", "`services/nobody/`, `web/idempotency.py`, `<slice>/moves/x.py`") == [
        "services/nobody/"
    ]
