"""What servers a test needs, and which files a run of the pure tier need not load since each of their tests needs some.

Every worker loads every file of tests, with all that it imports, and a third of them hold no pure test. What a file needs is read
from its text; one that can't be judged so is loaded. That none is left out that has a pure test is held by
`tests/process/test_tiers.py` wherever all tests are collected.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

# Fixtures that are servers, and marks of what starts its own.
_TIERS: Final = {"kafka_bootstrap": "kafka", "postgres_dsn": "postgres"}
_STARTING: Final = frozenset({"servers", "chaos", "load"})

_MARK: Final = rf"pytest\.mark\.(?:{'|'.join(sorted(_STARTING))})\b"
_ALL_MARKED: Final = re.compile(rf"^pytestmark = \[?{_MARK}", re.MULTILINE)
_MARKED: Final = re.compile(rf"^ *@{_MARK}", re.MULTILINE)
_TEST: Final = re.compile(r"^ *(?:async )?def test\w*\(([^)]*)\)", re.MULTILINE)
_ASKED: Final = re.compile(r"(\w+)(?: *:[^,]*)?(?:,|$)")
_PARAMETERS: Final = re.compile(r"parametrize\(\s*(\"[^\"]*\"|\([^)]*\))")
# Tests that no `def` shows: of a state machine, of another file, or made by a call.
_HIDDEN: Final = re.compile(r"TestCase\b|^from .* import .*\btest_|^test\w* =", re.MULTILINE)


def tiers(item: pytest.Item) -> list[str]:
    """Name the servers that a test needs (`kafka`, `postgres`), or `pure` when it needs none. Nobody has to remember a mark."""
    needed = [tier for fixture, tier in _TIERS.items() if fixture in getattr(item, "fixturenames", ())]
    if not needed and _STARTING.isdisjoint(mark.name for mark in item.iter_markers()):
        needed = ["pure"]
    return needed


def left_out(file: Path, folder: pytest.Collector) -> bool:
    """Return whether every test of `file` shows in its text that it needs servers, by the fixtures that `folder` knows."""
    if not file.name.startswith("test_"):
        return False
    text = file.read_text(encoding="utf-8")
    tests = list(_TEST.finditer(text))
    if not tests or _HIDDEN.search(text):
        return False
    return bool(_ALL_MARKED.search(text)) or all(_needs_servers(test, text, folder) for test in tests)


def _needs_servers(test: re.Match[str], text: str, folder: pytest.Collector) -> bool:
    decorators = text[text.rfind("\n\n", 0, test.start()) + 1 : test.start()]
    if _MARKED.search(decorators):
        return True
    asked = tuple(name for name in _ASKED.findall(test[1]) if not _is_of_the_file(name, text))
    manager = folder.session._fixturemanager  # noqa: SLF001 - pytest has no other door
    closure, _ = manager.getfixtureclosure(parentnode=folder, initialnames=asked, ignore_args=frozenset())
    return not _TIERS.keys().isdisjoint(closure)


def _is_of_the_file(name: str, text: str) -> bool:
    """Say whether `name` is the file's own fixture or a parameter, and not what the folder calls so."""
    return f"def {name}(" in text or any(name in re.findall(r"\w+", names) for names in _PARAMETERS.findall(text))
