"""What is generated and committed is what the sources give."""

from __future__ import annotations

from tools.generate import features
from tools.generate.catalogue import ROOT
from tools.structure.source import module_of


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
    marked = {code for code, _ in features.every_mark(ROOT) if code[0] == "S"}
    assert marked
    assert marked <= rows
