"""SIGKILL between sending and recording: what was sent is not sent twice unseen, what was not is not lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.chassis.testing.kafka import eventually
from services.notifications.tests.installation import Installation, world_on
from services.notifications.tests.world import World, overdue

ROOT = Path(__file__).parents[4]

pytestmark = [pytest.mark.chaos, pytest.mark.promise("P9")]


@asynccontextmanager
async def process(installation: Installation, failpoint: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as a process of its own."""
    environment = {
        **installation.environment,
        "PATH": os.environ["PATH"],
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
    """Kill the service at `failpoint`, start it again; give the deliveries by channel when all is settled."""
    async with world_on(installation) as world:
        await world.say(overdue())
        async with process(installation, failpoint) as victim:
            assert await asyncio.wait_for(victim.wait(), 150) == -signal.SIGKILL
        async with process(installation):
            await eventually(world.is_up)
            [letter] = await world.settled()
            yield world, {delivery["channel"]: delivery for delivery in letter["deliveries"]}


async def test_a_sender_killed_after_sending_doubts_its_mail_and_repeats_its_webhook_harmlessly(
    installation: Installation,
) -> None:
    # At the second send both have reached their receivers, and at most the first is recorded.
    async with killed_and_restarted(installation, "notifications.after_send#2") as (world, deliveries):
        assert len(world.receivers.mails()) == 1
        assert len(world.receivers.webhooks()) == 1
        assert deliveries["webhook"]["state"] == "delivered"
        repeated = world.receivers.hooks.repeated.total()
        assert deliveries["webhook"]["attempts"] == 1 + repeated
        assert deliveries["email"]["attempts"] == 1
        assert repeated or deliveries["email"]["state"] == "uncertain"
        delivered = [each["state"] for each in deliveries.values()].count("delivered")
        assert await world.told() == ["delivered"] * delivered + ["issued"]


async def test_a_sender_killed_before_sending_never_guesses(installation: Installation) -> None:
    async with killed_and_restarted(installation, "notifications.after_begin") as (world, deliveries):
        assert world.receivers.mails() == []
        assert (deliveries["email"]["state"], deliveries["email"]["code"]) == ("uncertain", "lost")
        assert (deliveries["webhook"]["state"], deliveries["webhook"]["attempts"]) == ("delivered", 2)
        assert len(world.receivers.webhooks()) == 1
        assert await world.told() == ["delivered", "issued"]


async def test_a_kill_between_publishing_and_forgetting_makes_no_second_letter(installation: Installation) -> None:
    async with killed_and_restarted(installation, "relay.acked") as (world, _):
        assert [letter["number"][-2:] for letter in await world.letters()] == ["1号"]
        assert len(world.receivers.mails()) <= 1
        assert len(world.receivers.webhooks()) == 1
        assert len({event.id for event in await world.notices() if event.type == "duban.notice.issued.v1"}) == 1
