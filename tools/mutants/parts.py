"""Which modules are mutated, and whose tests have to notice."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.generate.parts import SERVICES

_CONTRACTS: Final = "contracts/src/duban_contracts"
_CONTRACT_MODULES: Final = (
    "days.py",
    "refusals.py",
    "codes.py",
    "uscc.py",
    "vocabulary.py",
    "published.py",
    "validation.py",
    "explain.py",
    "admissible/*.py",
)
_SLICE_MODULES: Final = ("model.py", "model/*.py", "moves.py", "moves/*.py", "kinds/*.py")
_HANDLERS: Final = ("handlers.py", "handlers/*.py")
_PURITY: Final = "Models and moves are pure"


@dataclass(frozen=True, slots=True)
class Part:
    """Modules, and the folders whose tests answer for them; all are paths below the repository."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


def parts(root: Path) -> list[Part]:
    """Return the pure tier of the tree at `root`: the contract, the scope of access, and each service's slices."""
    found = [
        Part("contracts", _matching(root, _CONTRACTS, _CONTRACT_MODULES), ("contracts/tests", "tests/contract")),
        # The reckoning of deadlines is published with the contract; the scheduler lives by it.
        Part(
            "deadlines",
            _matching(root, _CONTRACTS, ("deadlines/*.py",)),
            ("tests/deadlines", "services/scheduler/tests"),
        ),
        Part("access", ("services/chassis/access/scope.py",), ("services/chassis/tests/access",)),
    ]
    impure = _impure(root)
    for service in SERVICES:
        modules = tuple(sorted(_pure_modules(root, service, impure)))
        found.append(Part(service, modules, (f"services/{service}/tests",)))
    return [part for part in found if part.modules]


def _matching(root: Path, home: str, patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(path.relative_to(root)) for pattern in patterns for path in sorted((root / home).glob(pattern)))


def _pure_modules(root: Path, service: str, impure: frozenset[str]) -> Iterator[str]:
    home = root / "services" / service
    for pattern in _SLICE_MODULES:
        for path in home.glob(f"*/{pattern}"):
            yield str(path.relative_to(root))
    for pattern in _HANDLERS:
        for path in home.glob(f"*/{pattern}"):
            if is_pure(path.read_text(encoding="utf-8"), impure):
                yield str(path.relative_to(root))


def _impure(root: Path) -> frozenset[str]:
    """Return what a pure module may not import, as import-linter is told."""
    rules = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    rule = next(rule for rule in rules if rule["name"].startswith(_PURITY))
    return frozenset(rule["forbidden_modules"])


def is_pure(text: str, impure: frozenset[str]) -> bool:
    """Return whether a module decides and nothing else: it imports nothing of `impure`, and no SQL of a slice."""
    for name in _imports(ast.parse(text)):
        if any(name == other or name.startswith(f"{other}.") for other in impure) or "tables" in name.split("."):
            return False
    return True


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
