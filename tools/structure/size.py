"""A module is read at one sitting, a function at one glance."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from tools.structure.source import Finding, Module

MODULE_LINES: Final = 250
FUNCTION_LINES: Final = 40


def check(modules: Iterable[Module]) -> Iterator[Finding]:
    """Yield modules above 250 lines and functions above 40, counted from `def` to their last line."""
    for module in modules:
        lines = module.text.count("\n")
        if lines > MODULE_LINES:
            yield Finding(module.path, 1, f"{lines} lines; a module has at most {MODULE_LINES}")
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield Finding(module.path, node.lineno, f"{node.name} has {lines} lines, at most {FUNCTION_LINES}")
