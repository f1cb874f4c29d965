"""How many events an account may send: the window slides on a clock that the test moves."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from services.gateway.intake.http.allowance import Allowance

pytestmark = pytest.mark.feature("SY64")
MIDNIGHT = 1_790_000_000.0 - 1_790_000_000.0 % 100


class Time:
    """The time that the library reads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = MIDNIGHT
        for module in ("limits.aio.storage.memory.time", "limits.aio.strategies.time"):
            monkeypatch.setattr(module, SimpleNamespace(time=lambda: self.now))


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


async def test_what_is_granted_is_spent_and_what_is_not_granted_is_not(time: Time) -> None:
    allowance = Allowance(1000, 100)
    time.now += 1
    assert await allowance.take("a", 900) is None
    assert await allowance.take("a", 200) is not None
    assert await allowance.take("a", 100) is None
    assert await allowance.take("a", 1) is not None


async def test_each_account_has_its_own(time: Time) -> None:
    allowance = Allowance(1000, 100)
    assert await allowance.take("a", 1000) is None
    assert await allowance.take("b", 1000) is None


async def test_an_empty_request_costs_one(time: Time) -> None:
    allowance = Allowance(2, 100)
    assert [await allowance.take("a", 0) for _ in range(3)][:2] == [None, None]
    assert await allowance.take("a", 0) is not None


async def test_a_retry_after_the_seconds_that_were_named_succeeds(time: Time) -> None:
    allowance = Allowance(1000, 100)
    time.now += 1
    assert await allowance.take("a", 1000) is None
    time.now += 99
    wait = await allowance.take("a", 500)
    assert wait is not None
    assert 49 <= wait <= 51
    time.now += wait
    assert await allowance.take("a", 500) is None


async def test_whoever_has_to_wait_waits_a_second_at_least(time: Time) -> None:
    allowance = Allowance(1000, 1)
    assert await allowance.take("a", 1000) is None
    assert await allowance.take("a", 1) == 1
