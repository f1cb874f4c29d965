"""A process that a test starts runs the code of the test's own tree, whosever environment the test runs in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from services.chassis.testing.processes import ROOT, own_tree

pytestmark = pytest.mark.servers

PROGRAM = "import duban_contracts, services.chassis as chassis; print(duban_contracts.__file__, chassis.__file__)"


def test_a_process_finds_its_own_trees_contract_and_services_where_anothers_stand_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("duban_contracts", "services", "services/chassis"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    command = [sys.executable, "-c", PROGRAM]
    # `-c` puts the directory in which it is run first.
    done = subprocess.run(command, cwd="/", env=own_tree(), capture_output=True, text=True, check=True)
    assert [Path(each).is_relative_to(ROOT) for each in done.stdout.split()] == [True, True]
