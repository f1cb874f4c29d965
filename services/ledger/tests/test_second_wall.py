"""With the first wall down PostgreSQL alone keeps people within their scopes."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.chassis.testing.rights.leaks import leaks, nested
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.specimens import specimens


@pytest.mark.feature("SY65")
@pytest.mark.feature("SY25")
async def test_without_the_first_wall_no_read_shows_anybody_a_row_outside_the_scope(
    ledger: InProcess, checkpoint_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ledger.database.is_walled
    assert await leaks(ledger.app, await specimens(ledger, checkpoint_key), monkeypatch) == []


@pytest.mark.feature("SY26")
async def test_no_read_takes_a_second_connection_of_a_pool_with_the_wall_or_without(
    ledger: InProcess, checkpoint_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await specimens(ledger, checkpoint_key)
    assert await nested(ledger.app, found, monkeypatch) == []
    monkeypatch.setattr(ledger.database, "_readers", None)
    assert not ledger.database.is_walled
    assert await nested(ledger.app, found, monkeypatch) == []
