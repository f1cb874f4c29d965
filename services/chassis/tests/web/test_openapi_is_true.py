"""What the OpenAPI document says is what the service does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


@pytest.mark.servers
@pytest.mark.timeout(600)
def test_every_answer_is_one_that_the_document_describes() -> None:
    described = Path(__file__).with_name("described.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", str(described)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-3000:]
    assert "9 passed" in done.stdout
