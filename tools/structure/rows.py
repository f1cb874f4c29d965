"""Whose SQL changes rows: that of the slice whose migrations made the table; others change them by a verb of that slice.

Handlers may read the rows of a slice that theirs knows, join them and lock them. Who changes them has to know what holds
for them, and that is one slice alone. Beside its verbs stand the slices that keep something in the units of work of others.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Final

from services.chassis.storage.comments import without_comments
from tools.structure.foreign import imported, place
from tools.structure.source import Finding, Module

# Kept where something else is done, in its transaction: what was taken, said, recorded, counted. Their tables are their verbs.
KEPT_FOR_OTHERS: Final = frozenset(
    {
        ("gateway", "receipts"),
        ("ledger", "entering"),
        ("ledger", "history"),
        ("notifications", "delivery"),
        ("scheduler", "alarms"),
        ("statistics", "books"),
    }
)
_MADE: Final = re.compile(r"(?i)\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([a-z_.0-9]+)")
_CHANGED: Final = re.compile(
    r"\b(?:INSERT\s+INTO|DELETE\s+FROM|UPDATE|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?([a-z_.0-9]+)"
)
# Of `Columns`: the statement, or what runs it.
_COLUMNS: Final = frozenset({"insert", "upsert", "update", "put", "copy_records_to_table"})


def check(modules: Iterable[Module], root: Path) -> Iterator[Finding]:
    """Yield where rows are changed by a slice that they are not of."""
    owners = _owners(root)
    held = {module.path: module for module in modules if place(module.path) and not module.is_test}
    changing = _changing(held)
    for module in held.values():
        yield from _statements(module, owners)
        yield from _calls(module, held, changing)


def _owners(root: Path) -> dict[tuple[str, str], str]:
    """Return the slice that made a table, by service and table."""
    found: dict[tuple[str, str], str] = {}
    for path in sorted((root / "services").glob("*/migrations/*/*.sql")):
        service, _, made_by = path.relative_to(root / "services").parts[:3]
        found |= {
            (service, name): made_by for name in _MADE.findall(without_comments(path.read_text(encoding="utf-8")))
        }
    return found


def _statements(module: Module, owners: Mapping[tuple[str, str], str]) -> Iterator[Finding]:
    _, service, own = PurePath(module.path).parts[:3]
    for node in ast.walk(module.tree):
        for table in _changed(node):
            if owners.get((service, table), own) != own:
                owner = owners[service, table]
                yield Finding(module.path, getattr(node, "lineno", 1), f"{table} is of {owner}: its SQL changes it")


def _calls(module: Module, held: Mapping[str, Module], changing: Collection[tuple[str, str]]) -> Iterator[Finding]:
    """Yield the functions of foreign tables that are named in a module and change rows."""
    here = place(module.path)
    for node in ast.walk(module.tree):
        for name, alias in imported(node).items():
            there = place(name.replace(".", "/"))
            if here is None or there is None or there[0] != here[0] or there[1] == here[1] or there[2] != "tables":
                continue
            if there[:2] in KEPT_FOR_OTHERS:
                continue
            for path, function in _named(module, name, alias, held).values():
                if (path, function) in changing:
                    rule = f"{function} changes rows of {there[1]}: call a handler of it"
                    yield Finding(module.path, getattr(node, "lineno", 1), rule)


def _named(module: Module, name: str, alias: str, held: Mapping[str, Module]) -> dict[str, tuple[str, str]]:
    """Return path and name of all that `alias` stands for, by what the module calls it: one name, or those taken from a module."""
    path = name.replace(".", "/")
    parent, _, last = path.rpartition("/")
    if (file := _file(path, held)) is not None:
        return {
            f"{alias}.{node.attr}": (file, node.attr)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == alias
        }
    return {} if (file := _file(parent, held)) is None else {alias: (file, last)}


def _file(path: str, held: Mapping[str, Module]) -> str | None:
    return next((file for file in (f"{path}.py", f"{path}/__init__.py") if file in held), None)


def _changing(held: Mapping[str, Module]) -> set[tuple[str, str]]:
    """Return path and name of what changes rows: by itself, or by what it names of its slice, in whichever module that stands."""
    named: dict[tuple[str, str], set[tuple[str, str]]] = {}
    found = set()
    for path, module in held.items():
        taken = _taken(module, held)
        named |= {(path, name): {there} for name, there in taken.items()}
        for node in module.tree.body:
            for name in _defined(node):
                said = {ast.unparse(each) for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute)}
                named[path, name] = {taken.get(each, (path, each)) for each in said} - {(path, name)}
                if any(_changes(each) for each in ast.walk(node)):
                    found.add((path, name))
    while more := {name for name, names in named.items() if name not in found and names & found}:
        found |= more
    return found


def _taken(module: Module, held: Mapping[str, Module]) -> dict[str, tuple[str, str]]:
    """Return what a module takes from others of its slice, by what it calls it."""
    own = PurePath(module.path).parts[:3]
    names = [each for node in ast.walk(module.tree) for each in imported(node).items()]
    return {
        called: there
        for name, alias in names
        for called, there in _named(module, name, alias, held).items()
        if PurePath(there[0]).parts[:3] == own
    }


def _defined(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [each.id for each in targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


def _changes(node: ast.AST) -> bool:
    return bool(_changed(node)) or (isinstance(node, ast.Attribute) and node.attr in _COLUMNS)


def _changed(node: ast.AST) -> list[str]:
    """Return the tables that a text changes, or that are given to `Columns` to be changed."""
    match node:
        case ast.Constant(value=str(text)):
            return _CHANGED.findall(text)
        case ast.Call(func=ast.Attribute(attr=attr), args=args) if attr in _COLUMNS:
            return [each.value for each in args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        case _:
            return []
