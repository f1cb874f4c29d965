"""What a slice may use of another of its service: its words and its verbs. Which may know which, the import rules say.

Import rules can't say "of another slice", so this stands here and not beside them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Final

from tools.structure.layout import LAYERS
from tools.structure.source import Finding, Module

# A verb is one unit of work: it may read the rows of a slice that its own knows, and SQL may join them. Who changes them: rows.py.
_BEHIND_THE_WAYS_IN: Final = frozenset({"handlers", "tables"})
_WAYS_IN: Final = frozenset({"http", "events", "jobs", "wire"})


def check(modules: Iterable[Module]) -> Iterator[Finding]:
    """Yield where a slice takes from another slice of its service what is that one's own."""
    for module in modules:
        here = place(module.path)
        if module.is_test or here is None:
            continue
        for node in ast.walk(module.tree):
            for name in imported(node):
                there = place(name.replace(".", "/"))
                if there is not None and there[0] == here[0] and (rule := _broken(here, there)):
                    yield Finding(module.path, getattr(node, "lineno", 1), rule)


def _broken(here: tuple[str, str, str], there: tuple[str, str, str]) -> str | None:
    (_, own, layer), (_, other, taken) = here, there
    if own == other:
        return None
    if taken in _WAYS_IN:
        return f"{other}.{taken} is a way into {other} alone: call its handlers"
    if taken == "tables" and layer not in _BEHIND_THE_WAYS_IN:
        return f"{layer} reads the tables of {other}: a handler does that"
    return None


def place(path: str) -> tuple[str, str, str] | None:
    """Return service, slice and layer of the module at `path`; None where it is in no layer of a slice."""
    match PurePath(path).with_suffix("").parts:
        case ("services", service, each, layer, *_) if layer in LAYERS:
            return service, each, layer
        case _:
            return None


def imported(node: ast.AST) -> dict[str, str]:
    """Return what an import statement names in full, each with what it is called in the module."""
    match node:
        case ast.ImportFrom(module=str(module), names=names):
            return {f"{module}.{each.name}": each.asname or each.name for each in names}
        case ast.Import(names=names):
            return {each.name: each.asname or each.name for each in names}
        case _:
            return {}
