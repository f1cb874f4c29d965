"""Failpoints kill where they are told to, at the time they are told to, and nowhere else."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from services.chassis.testing.workers import ROOT

pytestmark = pytest.mark.servers

SCRIPT = (
    "from services.chassis.process.failpoints import reach\nfor n in range(3):\n    print(n, flush=True); reach('a.b')"
)


@pytest.mark.parametrize(
    ("armed", "printed", "code"),
    [
        ("", "0 1 2", 0),
        ("other", "0 1 2", 0),
        ("a.b", "0", -signal.SIGKILL),
        ("a.b#3", "0 1 2", -signal.SIGKILL),
        ("a.b#4", "0 1 2", 0),
    ],
)
def test_a_failpoint_kills_at_the_chosen_time_only(armed: str, printed: str, code: int) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env={"DUBAN_FAILPOINT": armed}, capture_output=True, check=False
    )
    assert run.stdout.decode().split() == printed.split()
    assert run.returncode == code
