"""Rules are told the time. What import rules can't see of it: `datetime.now()` needs no module that a model may not import."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Final

from tools.structure.source import Finding, Module

_PURE: Final = frozenset({"model", "moves", "kinds"})
_CLOCKS: Final = frozenset({"now", "today", "utcnow"})


def check(modules: Iterable[Module]) -> Iterator[Finding]:
    """Yield where a model, a move or a kind of letter asks a clock."""
    for module in modules:
        if not _is_pure(PurePath(module.path)):
            continue
        for node in ast.walk(module.tree):
            match node:
                case ast.Call(func=ast.Attribute(attr=name)) if name in _CLOCKS:
                    yield Finding(module.path, node.lineno, f"{ast.unparse(node)}: a rule is told the time")


def _is_pure(path: PurePath) -> bool:
    """Say whether a module is of a pure layer: services/<service>/<slice>/<layer>, a file or a folder."""
    match path.with_suffix("").parts:
        case ("services", _, each, layer, *_):
            return each != "tests" and layer in _PURE
        case _:
            return False
