"""Where much came together the last time more company is waited for, in the queue and in the changelog's rounds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from services.chassis.consuming.deliveries import RawRecord
from services.statistics.stream.handlers.booking import Booking
from services.statistics.stream.handlers.company import company
from services.statistics.stream.handlers.queue import Queue
from services.statistics.stream.handlers.rounds import ChangelogRounds, Newest

pytestmark = pytest.mark.pure
FEW, MUCH = 15, 16
LITTLE = 0.01
_RECORD = RawRecord("hazards", 0, 0, datetime(2026, 11, 28, tzinfo=UTC), None, None, [])


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note for how long anybody wishes to sleep, and let them go on at once."""
    sleep, found = asyncio.sleep, list[float]()

    async def noted(seconds: float) -> None:
        found.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    return found


def test_company_is_waited_for_longer_behind_many_than_behind_few() -> None:
    assert company(FEW, otherwise=LITTLE) == LITTLE
    assert company(MUCH, otherwise=LITTLE) > LITTLE


async def test_a_batch_behind_a_full_one_gathers_longer_until_one_is_small_again(waited: list[float]) -> None:
    queue = Queue()
    for number in (MUCH, FEW, 1):
        for _ in range(number):
            await queue.put(Booking(_RECORD, "applied", bool))
        assert len(await queue.first()) == number
        queue.taken(number)
    at_first, behind_many, behind_few = waited
    assert at_first == behind_few < behind_many


async def test_a_round_behind_a_full_one_gathers_longer_until_one_is_small_again(waited: list[float]) -> None:
    sent: list[int] = []

    async def send(newest: Newest) -> None:
        sent.append(len(newest))
        for number in {1: [FEW], 2: [1]}.get(len(sent), []):
            for nth in range(number):
                rounds.put(str(nth).encode(), b"2", partition=0)

    rounds = ChangelogRounds(send)
    writes = [rounds.put(str(nth).encode(), b"1", partition=0) for nth in range(MUCH)]
    await asyncio.gather(*writes)
    assert rounds._running is not None
    await rounds._running
    assert sent == [MUCH, FEW, 1]
    at_first, behind_many, behind_few = waited
    assert max(at_first, behind_few) < behind_many
