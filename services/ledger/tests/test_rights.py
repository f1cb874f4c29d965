"""Every endpoint of the ledger, tried by every role in every area, sector and enterprise (SY25, SY65)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from services.chassis.testing.rights.behind_locks import waits_for_long
from services.chassis.testing.rights.trial import examine
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.specimens import specimens
from services.ledger.tests.vaults import InstalledVault

# So many tests try all endpoints: one alone took longer than a test may on a busy machine.
_PARTS: Final = 8


@pytest.mark.feature("SY25")
@pytest.mark.feature("SY65")
@pytest.mark.parametrize("part", range(_PARTS))
async def test_every_endpoint_gives_each_role_and_scope_what_the_policy_says(
    ledger: InProcess, checkpoint_key: Path, part: int
) -> None:
    assert await examine(ledger.app, await specimens(ledger, checkpoint_key), part, _PARTS) == []


@pytest.mark.parametrize("part", range(_PARTS))
async def test_no_endpoint_waits_long_for_what_another_session_holds(
    ledger: InProcess, vault: InstalledVault, checkpoint_key: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    some = (await specimens(ledger, checkpoint_key))[part::_PARTS]
    assert await waits_for_long(ledger.app, some, monkeypatch, beside=[vault.owner_dsn]) == []
