"""What is said to PostgreSQL, and where: statements in tables, waits in one helper, no commit that a crash may lose but the relay's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from services.chassis.storage.comments import without_comments
from tools.structure.source import Finding, Module

_STATEMENT: Final = re.compile(
    r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|SET|RESET|LOCK|CREATE|ALTER|DROP|CALL|TRUNCATE|NOTIFY|LISTEN)\s+\S"
)
_RELAY: Final = "services/chassis/publishing/relay.py"
# A setting, the one module that may change it, and why.
_SETTINGS: Final = (
    ("synchronous_commit", _RELAY, "what a crash may take back is the relay's own deletions and nothing else"),
    ("lock_timeout", "services/chassis/storage/locks.py", "how long locks are waited for is said with wait_at_most"),
)
# Its figure is of what the broker has, whatever becomes of the rows.
_COUNTS_AT_ONCE: Final = frozenset({_RELAY})
# Not of slices: what makes databases and looks after them.
_BESIDE_SLICES: Final = frozenset({"chassis", "cli"})


def check(modules: Iterable[Module], root: Path) -> Iterator[Finding]:
    """Yield what is said to PostgreSQL where nobody would look for it."""
    for module in modules:
        if module.path.startswith("services/") and not module.is_test:
            yield from _statements(module)
            yield from _counted_inside(module)
    for path in sorted((root / "services").glob("*/migrations/**/*.sql")):
        said = without_comments(path.read_text(encoding="utf-8"))
        yield from _settings(str(path.relative_to(root)), 1, said)


def _statements(module: Module) -> Iterator[Finding]:
    parts = Path(module.path).parts
    is_table = "tables" in parts or parts[-1] == "tables.py" or parts[1] in _BESIDE_SLICES
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _settings(module.path, node.lineno, node.value)
            if not is_table and _STATEMENT.match(node.value):
                yield Finding(module.path, node.lineno, "a slice's SQL stands in its tables")


def _settings(path: str, line: int, text: str) -> Iterator[Finding]:
    for setting, place, why in _SETTINGS:
        if path != place and re.search(rf"(?i)\b(SET|RESET)\b[^;]*\b{setting}\b", text):
            yield Finding(path, line, f"{setting}: {why}")


def _counted_inside(module: Module) -> Iterator[Finding]:
    """Yield what is counted by whoever is given a connection: the transaction may still be rolled back."""
    if module.path in _COUNTS_AT_ONCE:
        return
    for function in ast.walk(module.tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if any(given.arg == "connection" for given in (*function.args.args, *function.args.kwonlyargs)):
            for node in ast.walk(function):
                if isinstance(node, ast.Attribute) and node.attr in {"inc", "observe"}:
                    yield Finding(
                        module.path, node.lineno, "what a transaction counts is counted with storage.counting"
                    )
