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

# A verb is one unit of work, also over the rows of another slice that it is allowed to know; SQL may join them.
_BEHIND_THE_WAYS_IN: Final = frozenset({"handlers", "tables"})
_WAYS_IN: Final = frozenset({"http", "events", "jobs", "wire"})


def check(modules: Iterable[Module]) -> Iterator[Finding]:
    """Yield where a slice takes from another slice of its service what is that one's own."""
    for module in modules:
        here = _place(PurePath(module.path).with_suffix("").parts)
        if module.is_test or here is None:
            continue
        for node in ast.walk(module.tree):
            for name in _imported(node):
                there = _place(name.split("."))
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


def _place(parts: Iterable[str]) -> tuple[str, str, str] | None:
    """Return service, slice and layer of a module; None where it is in no layer of a slice."""
    match [*parts]:
        case ["services", service, each, layer, *_] if layer in LAYERS:
            return service, each, layer
        case _:
            return None


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.ImportFrom(module=str(module), names=names):
            return [f"{module}.{each.name}" for each in names]
        case ast.Import(names=names):
            return [each.name for each in names]
        case _:
            return []
