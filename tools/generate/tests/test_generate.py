"""What is generated and committed is what the sources give."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.generate import features
from tools.generate.__main__ import main
from tools.generate.catalogue import ROOT, contract_files, stale
from tools.structure.source import module_of


@pytest.mark.parametrize("guide", ["docs/county-guide.md", "docs/county-guide.zh-CN.md"])
def test_a_county_guide_whose_table_of_codes_is_stale_is_found(guide: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "contracts").mkdir()
    shutil.copy(ROOT / guide, tmp_path / guide)
    assert guide not in stale(contract_files(tmp_path), tmp_path)
    fresh = (tmp_path / guide).read_text(encoding="utf-8")
    aged = fresh.replace("<!-- /codes -->", "| 422 | `a-code-of-old` | | |\n<!-- /codes -->")
    (tmp_path / guide).write_text(aged, encoding="utf-8")
    assert stale(contract_files(tmp_path), tmp_path)[guide] == fresh


@pytest.mark.parametrize("flag", ["--help", "--chek", "-c"])
def test_an_unknown_flag_is_refused_before_anything_is_generated(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([flag]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.split(":")[0]) == ("", f"{flag} is unknown")


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
