"""Decorated functions in a form that mutmut mutates."""

from __future__ import annotations

from typing import Final

import libcst as cst
import libcst.matchers as m

_MUTATED_ANYHOW: Final = m.Name("staticmethod") | m.Name("classmethod")
_MEMORY: Final = m.Name("cache") | m.Call(m.Name("lru_cache"))


def undecorated(code: str) -> str:
    """Return `code` with `@property def f` written as `def f` and `f = property(f)`, which means the same.

    mutmut leaves out decorated functions (except static and class methods), since it couldn't copy them. This holds
    for every function with one decorator that is a bare name; others stay as they are. A cache is left away, so that
    each test that needs the function comes past it.
    """
    return cst.parse_module(code).visit(_Undecorate()).code


class _Undecorate(cst.CSTTransformer):
    def leave_FunctionDef(  # noqa: N802 - libcst's name
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        if m.matches(original_node, m.FunctionDef(decorators=[m.Decorator(_MEMORY)])):
            return updated_node.with_changes(decorators=[])
        if not m.matches(original_node, m.FunctionDef(decorators=[m.Decorator(m.Name() & ~_MUTATED_ANYHOW)])):
            return updated_node
        decorator = cst.ensure_type(updated_node.decorators[0].decorator, cst.Name)
        call = cst.Call(decorator, [cst.Arg(updated_node.name)])
        applied = cst.Assign([cst.AssignTarget(updated_node.name)], call)
        return cst.FlattenSentinel([updated_node.with_changes(decorators=[]), cst.SimpleStatementLine([applied])])
