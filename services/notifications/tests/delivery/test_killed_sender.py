"""SIGKILL between sending and recording: what was sent is not sent twice unseen, what was not is not lost."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.chassis.testing.kafka import eventually
from services.chassis.testing.processes import ROOT, own_tree
from services.notifications.tests.installation import BENCHES, REACHED, Installation, world_on
from services.notifications.tests.world import World, overdue

pytestmark = [pytest.mark.chaos, pytest.mark.promise("P9")]


@asynccontextmanager
async def process(installation: Installation, failpoint: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as a process of its own."""
    environment = {
        **installation.environment,
        **own_tree(),
        "DUBAN_DELIVERY_LEASE_SECONDS": "2",
        "DUBAN_FAILPOINT": failpoint,
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.notifications", cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
        await started.wait()


@asynccontextmanager
async def killed_and_restarted(
    installation: Installation, failpoint: str
) -> AsyncIterator[tuple[World, dict[str, Any]]]:
    """Kill the service at `failpoint`, start it again; give the deliveries by channel when all is settled.

    The letter goes over every channel that there is.
    """
    async with world_on(installation) as world:
        await world.say(overdue(unit=REACHED))
        async with process(installation, failpoint) as victim:
            assert await asyncio.wait_for(victim.wait(), 150) == -signal.SIGKILL
        async with process(installation):
            await eventually(world.is_up)
            [letter] = await world.settled()
            deliveries = {delivery["channel"]: delivery for delivery in letter["deliveries"]}
            assert list(deliveries) == [bench.channel.code for bench in BENCHES]
            yield world, deliveries


async def test_a_sender_killed_after_sending_doubts_or_repeats_harmlessly_as_each_channel_is(
    installation: Installation,
) -> None:
    # At the last send all have reached their receivers, and at most the others are recorded.
    async with killed_and_restarted(installation, f"notifications.after_send#{len(BENCHES)}") as (world, deliveries):
        assert [len(bench.arrived(world.receivers)) for bench in BENCHES] == [1] * len(BENCHES)
        for bench in BENCHES:
            said = deliveries[bench.channel.code]
            if bench.channel.drops_repeats:
                assert said["state"] == "delivered"
            else:
                assert said["attempts"] == 1
                assert (said["state"], said["code"]) == ("uncertain", "lost") or said["state"] == "delivered"
        repeated = [said for said in deliveries.values() if said["attempts"] > 1]
        delivered = [said["state"] for said in deliveries.values()].count("delivered")
        assert repeated or delivered < len(BENCHES), "the one at which the sender died was not recorded"
        assert await world.told() == ["delivered"] * delivered + ["issued"]


async def test_a_sender_killed_before_sending_never_guesses(installation: Installation) -> None:
    async with killed_and_restarted(installation, "notifications.after_begin") as (world, deliveries):
        for bench in BENCHES:
            said, arrived = deliveries[bench.channel.code], len(bench.arrived(world.receivers))
            if bench.channel.drops_repeats:
                assert (said["state"], said["attempts"], arrived) == ("delivered", 2, 1)
            else:
                assert (said["state"], said["code"], arrived) == ("uncertain", "lost", 0)
        again = [bench for bench in BENCHES if bench.channel.drops_repeats]
        assert await world.told() == ["delivered"] * len(again) + ["issued"]


async def test_a_kill_between_publishing_and_forgetting_makes_no_second_letter(installation: Installation) -> None:
    async with killed_and_restarted(installation, "relay.acked") as (world, _):
        assert [letter["number"][-2:] for letter in await world.letters()] == ["1号"]
        for bench in BENCHES:
            arrived = len(bench.arrived(world.receivers))
            assert arrived == 1 or (arrived == 0 and not bench.channel.drops_repeats)
        assert len({event.id for event in await world.notices() if event.type == "duban.notice.issued.v1"}) == 1
