"""A slice begun by the command is one that the house's own lint, the formatter and Python accept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.new_slice.__main__ import main
from tools.new_slice.template import files
from tools.structure import layout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    service = tmp_path / "services" / "ledger"
    service.mkdir(parents=True)
    for name in ("__init__.py", "bootstrap.py"):
        (service / name).write_text('"""."""\n')
    return tmp_path


@pytest.mark.servers
def test_a_new_slice_stands_as_the_layout_asks(root: Path) -> None:
    assert main(["ledger", "listings", "SY29"], root) == 0
    assert not list(layout.check(root))
    assert "SY29" in (root / "services/ledger/listings/__init__.py").read_text()


@pytest.mark.servers
def test_its_files_are_formatted_and_clean(root: Path) -> None:
    main(["ledger", "safety_duties"], root)
    config = ["--config", str(Path(__file__).resolve().parents[3] / "pyproject.toml")]
    for command in (["check", "-q"], ["format", "--check", "-q"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, *config, "."], cwd=root, check=False)
        assert done.returncode == 0
    assert "class SafetyDuty(" in files("ledger", "safety_duties", [])["services/ledger/safety_duties/model.py"]


@pytest.mark.parametrize(
    "wrong",
    [
        ["ledger", "Bad-name"],
        ["nobody", "things"],
        ["ledger", "checks"],
        ["ledger", "things", "--sector"],
        ["scheduler", "things", "--event", "duban.hazard.reported.v1", "--day", "found_on"],
        ["ledger", "things", "--list", "--event", "duban.hazard.reported.v1", "--day", "found_on"],
        ["ledger", "things", "--event", "duban.hazard.reported.v1", "--day", "found_on"],
        ["ledger", "things", "--event", "duban.nothing.v1"],
    ],
)
def test_what_can_be_no_slice_is_refused(root: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(wrong, root)


@pytest.mark.servers
def test_a_slice_that_is_there_is_left_alone(root: Path) -> None:
    main(["ledger", "listings"], root)
    with pytest.raises(SystemExit):
        main(["ledger", "listings"], root)
