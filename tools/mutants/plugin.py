"""A pytest plugin for tests that run under mutmut.

What runs while modules are imported concerns every test. mutmut notes which functions run during a test; those that
ran before, while the tests were collected, would be laid to the first test alone, and a mutant of theirs would come
too late in a process that has imported its module.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import hypothesis
import mutmut
import pytest
from mutmut.utils.format_utils import strip_prefix

AT_IMPORT: Final = "at-import.txt"

# That a mutant fails is enough; making its example small would take minutes, and remembering it would help the next.
hypothesis.settings.register_profile(
    "mutants",
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    database=None,
    deadline=None,
    # A machine that stands still for minutes says nothing of a test.
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)


def pytest_configure() -> None:
    """Let generated tests stop at the first failure. The tree's own profile has been loaded by now."""
    hypothesis.settings.load_profile("mutants")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests back the attribute that mutmut 3.7 reads and pytest 9 has no more (mutmut 3.8 wants a newer click)."""
    for item in items:
        item._nodeid = item.nodeid  # noqa: SLF001


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Lay each function that has run so far to every selected test, and list it in AT_IMPORT beside the copy."""
    if os.environ.get("MUTANT_UNDER_TEST") != "stats":
        return
    before = sorted(mutmut._stats)  # noqa: SLF001 - mutmut has no other door
    tests = {strip_prefix(item.nodeid, prefix="mutants/") for item in session.items}
    for function in before:
        mutmut.tests_by_mangled_function_name[function] |= tests
    (Path.cwd().parent / AT_IMPORT).write_text("\n".join(before), encoding="utf-8")
