from __future__ import annotations

from pathlib import Path

import pytest

from services.ledger.tests.checkpoints.log import Log
from services.ledger.tests.in_process import InProcess


@pytest.fixture
def log(ledger: InProcess, tmp_path: Path, checkpoint_key: Path) -> Log:
    """The log of the shared ledger, and a county's folder that is empty."""
    return Log(ledger, tmp_path, checkpoint_key)
