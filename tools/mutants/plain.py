"""Decorated functions and classes in a form that mutmut mutates."""

from __future__ import annotations

from typing import Final, TypeVar

import libcst as cst
import libcst.matchers as m

_MUTATED_ANYHOW: Final = ("staticmethod", "classmethod")
_MEMORY: Final = m.Name("cache") | m.Call(m.Name("lru_cache"))

_Definition = TypeVar("_Definition", cst.FunctionDef, cst.ClassDef)


def undecorated(code: str) -> str:
    """Return `code` with `@property def f` written as `def f` and `f = property(f)`, which means the same.

    mutmut leaves out decorated functions (except static and class methods), since it couldn't copy them, and all of a
    decorated class. This holds for classes and for every function with one decorator that is a bare name; others stay
    as they are. A cache is left away, so that each test that needs the function comes past it.
    """
    return cst.parse_module(code).visit(_Undecorate()).code


class _Undecorate(cst.CSTTransformer):
    def leave_FunctionDef(  # noqa: N802 - libcst's name
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        match original_node.decorators:
            case [cst.Decorator(decorator)] if m.matches(decorator, _MEMORY):
                return updated_node.with_changes(decorators=[])
            case [cst.Decorator(cst.Name(name))] if name not in _MUTATED_ANYHOW:
                return _apart(updated_node)
            case _:
                return updated_node

    def leave_ClassDef(  # noqa: N802 - libcst's name
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef | cst.FlattenSentinel[cst.BaseStatement]:
        return _apart(updated_node) if original_node.decorators else updated_node


def _apart(node: _Definition) -> cst.FlattenSentinel[cst.BaseStatement]:
    """Return the bare definition, and after it an assignment for each decorator, the innermost first."""
    statements: list[cst.BaseStatement] = [node.with_changes(decorators=[])]
    for decorator in reversed(node.decorators):
        call = cst.Call(decorator.decorator, [cst.Arg(node.name)])
        statements.append(cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(node.name)], call)]))
    return cst.FlattenSentinel(statements)
