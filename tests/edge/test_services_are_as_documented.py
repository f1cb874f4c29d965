"""Each service as it runs does what its OpenAPI document says: schemathesis tries it, with right inputs and wrong ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy import running

pytestmark = [
    pytest.mark.servers,
    pytest.mark.platform,
    pytest.mark.feature("SY64"),
    pytest.mark.promise("P1"),
    pytest.mark.timeout(900),
]

SEED = 20261121
# Beside the cases that follow from the document itself, which are several hundred for each service.
EXAMPLES = 3
TAKEN_FOR_RIGHT = Path(__file__).parent / "data" / "schemathesis.toml"
# Who may do most there.
CALLERS = {
    "gateway": "county-140502",
    "ledger": "city-regulator-1",
    "scheduler": "city-office-1",
    "notifications": "city-regulator-1",
    "statistics": "city-office-1",
}


@pytest.mark.usefixtures("hazard")
@pytest.mark.parametrize("service", CALLERS)
def test_every_answer_of_a_running_service_is_one_that_its_document_describes(
    platform: running.Platform, service: str, tmp_path: Path
) -> None:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(TAKEN_FOR_RIGHT)),
        *("--no-color", "run", f"{platform.url(service)}/openapi.json", "--checks", "all", "--continue-on-failure"),
        *("--header", f"Authorization: Bearer {platform.keys[CALLERS[service]]}", "--warnings", "off"),
        *("--seed", str(SEED), "--max-examples", str(EXAMPLES), "--suppress-health-check", "all"),
        *("--generation-database", "none", "--request-timeout", "60"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-3000:]
