"""What is generated and committed is what the sources give."""

from __future__ import annotations

import pytest

from tools.generate import features
from tools.generate.catalogue import GENERATORS, NEEDS_POSTGRES, ROOT, stale
from tools.structure.source import module_of, sources


@pytest.mark.parametrize("name", [name for name in GENERATORS if name not in NEEDS_POSTGRES])
def test_generated_files_are_fresh(name: str) -> None:
    assert not list(stale(GENERATORS[name]())), "run `make generate` and commit what changed"


@pytest.mark.parametrize("name", sorted(NEEDS_POSTGRES))
def test_files_generated_from_the_database_are_fresh(
    name: str, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_POSTGRES_DSN", postgres_dsn)
    assert not list(stale(GENERATORS[name]())), "run `make generate` and commit what changed"


def test_marks_on_a_module_a_class_and_a_test_are_all_found() -> None:
    text = """
pytestmark = [pytest.mark.feature("SY01")]
@pytest.mark.promise("P1")
class TestThings:
    @pytest.mark.feature("SY02", "SY03")
    def test_a(self): ...
def test_b(): ...
def helper(): ...
"""
    found = list(features.marks(module_of("x.py", text)))
    assert found == [
        ("SY01", "x.py::test_a"),
        ("P1", "x.py::test_a"),
        ("SY02", "x.py::test_a"),
        ("SY03", "x.py::test_a"),
        ("SY01", "x.py::test_b"),
    ]


def test_the_domain_has_sixty_nine_rows_and_nobody_marks_another() -> None:
    rows = {cells[0] for cells in features.feature_rows(ROOT)}
    assert len(rows) == 69
    marked = {code for module in sources(ROOT) for code, _ in features.marks(module) if code[0] == "S"}
    assert marked <= rows
