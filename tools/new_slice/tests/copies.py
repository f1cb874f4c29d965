"""Copies of the house in which something is begun, and what runs in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.new_slice.house import ROOT


def runs(house: Path, *command: str) -> None:
    """Run Python there, with the copy's own code before that of this tree; it must end well."""
    contract = [each / "contracts" / "src" for each in (house, ROOT)]
    path = os.pathsep.join(map(str, (house, *contract, ROOT)))
    done = subprocess.run(
        [sys.executable, *command],
        cwd=house,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
