"""Whoever names a class by its module, as `storage.trail.TrailRow`, in a docstring, a comment or a page: it is called so there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
_NAMED: Final = re.compile(r"`((?:[a-z_]\w*\.)+)([A-Z]\w*)(?:\.\w+)*(?:\([^`]*\))?`")
_FOREIGN: Final = {"node_modules", "__pycache__", "target"}


def _files(kind: str) -> Iterator[Path]:
    for top in ("services", "contracts", "deploy", "tools", "tests", "docs"):
        yield from (path for path in (ROOT / top).rglob(f"*.{kind}") if not _FOREIGN & set(path.parts))


@cache
def _modules() -> dict[str, list[str]]:
    """Return our modules by their last name, each as its dotted path and a dot before it."""
    found: dict[str, list[str]] = {}
    for path in _files("py"):
        words = path.relative_to(ROOT).with_suffix("").as_posix().removesuffix("/__init__").split("/")
        found.setdefault(words[-1], []).append("." + ".".join(words))
    return found


@cache
def _text(module: str) -> str:
    stem = ROOT.joinpath(*module[1:].split("."))
    return (stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")).read_text(encoding="utf-8")


def misnamed(text: str) -> list[str]:
    """Return what `text` names so where a module of ours is meant that has no such class; others' modules are none of ours."""
    wrong = []
    for path, name in _NAMED.findall(text):
        last = path.rstrip(".").rpartition(".")[2]
        meant = [module for module in _modules().get(last, ()) if module.endswith(f".{path.rstrip('.')}")]
        has_it = re.compile(rf"^(class )?{name}\b|import [^\n]*\b{name}\b", re.MULTILINE)
        if meant and not any(has_it.search(_text(module)) for module in meant):
            wrong.append(f"{path}{name}")
    return wrong


@pytest.mark.parametrize("kind", ["py", "md"])
def test_a_class_that_is_named_by_its_module_is_called_so_there(kind: str) -> None:
    found = {path.relative_to(ROOT).as_posix(): misnamed(path.read_text(encoding="utf-8")) for path in _files(kind)}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_class_that_was_renamed_is_found() -> None:
    for name, wrong in (("TrailRow", []), ("Row", ["storage.trail.Row"]), ("Row.at", ["storage.trail.Row"])):
        assert misnamed(f"as `storage.trail.{name}` says") == wrong
    assert misnamed("as `time.Time` says") == []
