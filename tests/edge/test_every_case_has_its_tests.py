"""What was once tried on the platform and went wrong stands with the tests that hold it right (data/tried.json)."""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path

import pytest

from deploy.local.settings import ROOT

TRIED: dict[str, list[str]] = json.loads((Path(__file__).parent / "data" / "tried.json").read_text(encoding="utf-8"))


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(function.name for function in functions if function.name.startswith("test_"))


@pytest.mark.parametrize("case", TRIED)
def test_a_case_that_went_wrong_is_held_right_by_tests_that_exist(case: str) -> None:
    named = [test.split("::") for test in TRIED[case] if not test.startswith("make ")]
    assert named
    assert [f"{file}::{name}" for file, name in named if name not in names_in(file)] == []
