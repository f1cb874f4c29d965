"""What is written one way: batches by `Columns`, lists of codes by an enum, terms by the glossary, no test from a test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from services.chassis.storage.comments import without_comments
from tools.structure.source import Finding, Module

# An array is a batch of columns unless it is a filter (`= ANY ($1::text[])`) or an optional one (`$1::text[] IS NULL`).
_ARRAY: Final = re.compile(r"\$\d+::[a-z0-9 ]+\[\]")
_FILTER: Final = re.compile(r"(ANY|ALL)\s*\(\s*\$\d+::[a-z0-9 ]+\[\]\s*\)|\$\d+::[a-z0-9 ]+\[\] IS (NOT )?NULL")
_COLUMNS: Final = "services/chassis/storage/columns.py"
_CHECK_IN: Final = re.compile(r"CHECK\s*\(\s*(\w+)\s+IN\s*\(((?:\s*'[a-z_]+'\s*,?)+)\)\s*\)")
_DROPPED: Final = re.compile(r"DROP CONSTRAINT (?:IF EXISTS )?[a-z]+?_(\w+)_check\b")
_SUBJECTS: Final = frozenset({"hazard_id", "task_id", "tip_id"})
_TERMS: Final = {"督办函": "督促函"}
_TERM_SUFFIXES: Final = frozenset({".py", ".md", ".json", ".yml", ".yaml", ".toml", ".j2", ".sql"})
_TERM_ROOTS: Final = ("services", "contracts", "deploy", "docs", "tests", "README.md", "README.zh-CN.md")


def check(modules: Iterable[Module], root: Path) -> Iterator[Finding]:
    """Yield what is written in another way than everywhere else."""
    listed = list(modules)
    for module in listed:
        yield from _batches(module)
        yield from _tests_from_tests(module)
        yield from _fixtures(module)
        yield from _domain_in_chassis(module)
    yield from check_lists(sorted((root / "services").glob("*/migrations/**/*.sql")), enums(listed), root)
    yield from _terms(root)


def _batches(module: Module) -> Iterator[Finding]:
    if module.is_test or module.path == _COLUMNS or module.path.startswith("tools/"):
        return
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _ARRAY.search(_FILTER.sub("", node.value))
        ):
            yield Finding(
                module.path,
                getattr(node, "lineno", 1),
                "a batch of columns is declared with Columns, not counted by hand",
            )


def _tests_from_tests(module: Module) -> Iterator[Finding]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        within = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        for name in (f"{within}{alias.name}" for alias in node.names):
            if any(part.startswith("test_") or part == "conftest" for part in name.split(".")):
                yield Finding(module.path, node.lineno, f"{name} is a test; what two tests share stands in testing")


def _fixtures(module: Module) -> Iterator[Finding]:
    """Yield fixtures for many tests that don't say what they give: who reads such a test sees nothing but their name."""
    if Path(module.path).name != "conftest.py":
        return
    for node in module.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or ast.get_docstring(node) is not None:
            continue
        if any("fixture" in ast.unparse(each) for each in node.decorator_list):
            yield Finding(
                module.path, node.lineno, f"{node.name} is a fixture of many tests: a sentence says what it gives"
            )


def _domain_in_chassis(module: Module) -> Iterator[Finding]:
    """Yield where the chassis speaks of one kind of subject: what it carries has an id and a kind, and no name."""
    if module.is_test or not module.path.startswith("services/chassis/"):
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.Name(id=said) | ast.Attribute(attr=said) | ast.arg(arg=said) | ast.keyword(arg=said):
                pass
            case ast.Constant(value=str(said)):
                pass
            case _:
                continue
        if said in _SUBJECTS:
            yield Finding(module.path, node.lineno, "the chassis carries subjects of any kind and names none")


def enums(modules: Iterable[Module]) -> set[frozenset[str]]:
    """Return the values of every StrEnum in `modules`."""
    found = set()
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and any("StrEnum" in ast.unparse(base) for base in node.bases):
                values = [
                    line.value.value
                    for line in node.body
                    if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
                ]
                found.add(frozenset(str(value) for value in values))
    return found


def check_lists(migrations: Iterable[Path], known: set[frozenset[str]], root: Path) -> Iterator[Finding]:
    """Yield lists of codes in migrations that no enum of the code holds: two lists drift apart.

    Where a later migration of the same folder says the list of a column anew, or drops its constraint, that one counts.
    """
    newest: dict[tuple[Path, str], Finding | None] = {}
    for path in migrations:
        said = without_comments(path.read_text(encoding="utf-8"))
        for dropped in _DROPPED.findall(said):
            newest = {key: found for key, found in newest.items() if not (key[0] == path.parent and dropped == key[1])}
        for match in _CHECK_IN.finditer(said):
            values = frozenset(re.findall(r"'([a-z_]+)'", match.group(2)))
            line = said[: match.start()].count("\n") + 1
            rule = f"no enum holds exactly the values of {match.group(1)}: {', '.join(sorted(values))}"
            broken = None if len(values) == 1 or values in known else Finding(str(path.relative_to(root)), line, rule)
            newest[path.parent, match.group(1)] = broken
    yield from (finding for finding in newest.values() if finding is not None)


def _terms(root: Path) -> Iterator[Finding]:
    for name in _TERM_ROOTS:
        start = root / name
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            if path.suffix not in _TERM_SUFFIXES or not path.is_file() or "node_modules" in path.parts:
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                for wrong, right in _TERMS.items():
                    if wrong in line:
                        yield Finding(str(path.relative_to(root)), number, f"{wrong} is called {right} (DOMAIN §5)")
