"""Each service as it runs does what its OpenAPI document says: schemathesis tries it, with right inputs and wrong ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest

from deploy.local.ephemeral import in_own_loop
from services.chassis.access import keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
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
PRINCIPAL = Principal("principal-1", Role.ENTERPRISE_PRINCIPAL, "140502", enterprise="91140500MA0EXAMPL1")
TAKEN_FOR_RIGHT = Path(__file__).parent / "data" / "schemathesis.toml"
# Of the ledger everybody tries what no other account of these may do; all else is the city's regulator's.
OFFICERS = r"^/v1/(lookups|rewards|tips/\{name\}/(lookups|reward|tell|answer))"
OFFICES = "^/v1/(criteria|assignments|accountability-cases|history)"
INSIDERS = "^/v1/inside-reports"
# Whose key tries which paths of which service: who may do most there.
TRIALS = (
    ("gateway", "county-140502", ()),
    ("ledger", "city-regulator-1", ("--exclude-path-regex", f"{OFFICERS}|{OFFICES}|{INSIDERS}")),
    ("ledger", "tip-officer-1", ("--include-path-regex", OFFICERS)),
    ("ledger", "city-office-1", ("--include-path-regex", OFFICES)),
    ("ledger", PRINCIPAL.account, ("--include-path-regex", INSIDERS)),
    ("scheduler", "city-office-1", ()),
    ("notifications", "city-regulator-1", ()),
    ("statistics", "city-office-1", ()),
)


@pytest.mark.usefixtures("hazard")
@pytest.mark.parametrize(
    ("service", "account", "paths"), TRIALS, ids=[f"{service} as {account}" for service, account, _ in TRIALS]
)
def test_every_answer_of_a_running_service_is_one_that_its_document_describes(
    platform: running.Platform, service: str, account: str, paths: Sequence[str], tmp_path: Path
) -> None:
    key = platform.keys.get(account) or in_own_loop(_given_a_key(platform.dsns[service]))
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(TAKEN_FOR_RIGHT)),
        *("--no-color", "run", f"{platform.url(service)}/openapi.json", "--checks", "all", "--continue-on-failure"),
        *("--header", f"Authorization: Bearer {key}", "--warnings", "off", *paths),
        *("--seed", str(SEED), "--max-examples", str(EXAMPLES), "--suppress-health-check", "all"),
        *("--generation-database", "none", "--request-timeout", "60"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-3000:]


async def _given_a_key(dsn: str) -> str:
    """Give the principal of an enterprise, whom the example's accounts don't have, a key of this service."""
    token = keys.new_token()
    connection = await asyncpg.connect(dsn)
    try:
        await keys.store(connection, [NewKey(PRINCIPAL, token)])
    finally:
        await connection.close()
    return token
