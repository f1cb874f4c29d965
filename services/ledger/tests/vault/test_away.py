"""A vault that takes connections and never says a word holds nothing of the ledger's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from services.chassis.testing.clock import ManualClock
from services.ledger.tests.in_process import NOON, InProcess
from services.ledger.tests.insiders.saying import saying
from services.ledger.tests.tips.saying import does, intake, received, reporter, verification
from services.ledger.vault.handlers.vault import Vault, VaultAway

# How long these tests wait for an answer that never comes.
WAITED = 0.05
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@asynccontextmanager
async def silence() -> AsyncIterator[str]:
    """Give the address of a server that takes connections and never answers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1024):
            pass
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://vault:x@127.0.0.1:{port}/vault?sslmode=disable"


@pytest.mark.promise("P8")
async def test_however_many_ask_at_once_a_silent_vault_is_waited_for_once_and_asked_again_later() -> None:
    clock = ManualClock(NOON)
    async with silence() as dsn:
        vault = Vault(dsn, Path("no-keys"), clock=clock, answers_within=WAITED)
        said = await asyncio.gather(*(vault.reach() for _ in range(16)), return_exceptions=True)
        assert {type(each) for each in said} == {VaultAway}
        # Who waited knows for what; the others were told at once.
        assert [type(each.__cause__) for each in said if isinstance(each, VaultAway) and each.__cause__] == [
            TimeoutError
        ]
        clock.advance(timedelta(minutes=1))
        with pytest.raises(VaultAway) as again:
            await vault.reach()
        assert isinstance(again.value.__cause__, TimeoutError)


@pytest.mark.feature("SY33")
@pytest.mark.feature("SY36")
@pytest.mark.promise("P8")
async def test_whatever_needs_the_vault_waits_for_a_silent_one_without_holding_any_of_the_ledgers_connections(
    ledger: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    vault = ledger.office.vault
    assert vault is not None
    tip, anonymous = await received(ledger), await received(ledger, reporter=None)
    verify = f"/v1/tips/{tip['number']}/verify"
    async with silence() as dsn:
        silent = Vault(dsn, Path("no-keys"), clock=ledger.clock, answers_within=WAITED)

        async def reach() -> None:
            held.append(ledger.pool.get_size() - ledger.pool.get_idle_size())
            await silent.reach()

        monkeypatch.setattr(vault, "reach", reach)
        for path, who, body in (
            ("/v1/tips", "tips", intake(reporter=reporter())),
            ("/v1/tips/any/reward", "tips", None),
            (verify, "county", verification()),
            (f"/v1/rewards/{UNKNOWN}/pay", "tips", {"paid_on": "2026-06-01", "voucher": "15号"}),
        ):
            answer = await does(ledger, path, who, body)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), path
        named = await does(ledger, "/v1/inside-reports", "worker", saying(reporter={"name": "工人甲（虚构）"}))
        assert (named.status_code, named.json()["code"]) == (503, "unavailable")
        assert held == [0, 0, 0, 0, 0]
        assert (await does(ledger, "/v1/inside-reports", "worker", saying())).status_code == 201
        # Without an identity nothing waits, and whoever may not see a tip does not, either.
        assert (await does(ledger, "/v1/tips", "tips", intake())).status_code == 201
        assert (await does(ledger, verify, "foreign", verification())).status_code == 404
        there = await does(ledger, f"/v1/tips/{anonymous['number']}/verify", "county", verification())
        assert there.status_code == 200, there.text
