"""SIGKILL between sending and recording: what was sent is not sent twice unseen, what was not is not lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.chassis.testing import eventually
from services.notifications.tests.conftest import Bench, world_on
from services.notifications.tests.world import World, overdue

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def process(bench: Bench, failpoint: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as a process of its own."""
    settings = bench.settings
    environment = {
        "PATH": os.environ["PATH"],
        "DUBAN_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "DUBAN_POSTGRES_DSN": settings.postgres_dsn,
        "DUBAN_HTTP_PORT": str(settings.http_port),
        "DUBAN_TOPIC_PREFIX": settings.topic_prefix,
        "DUBAN_PROFILE": str(settings.profile),
        "DUBAN_SMTP_PORT": str(settings.smtp_port),
        "DUBAN_WEBHOOK_BASE": settings.webhook_base,
        "DUBAN_WEBHOOK_SECRET": settings.webhook_secret.get_secret_value(),
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


async def killed_and_restarted(bench: Bench, world: World, failpoint: str) -> dict[str, dict[str, object]]:
    """Kill the service at `failpoint`, start it again, and return the deliveries by channel when all is settled."""
    await world.say(overdue())
    async with process(bench, failpoint) as victim:
        assert await asyncio.wait_for(victim.wait(), 40) == -signal.SIGKILL
    async with process(bench):
        await eventually(world.is_up, timeout=40)
        [letter] = await world.settled()
        await world.notices()
        return {delivery["channel"]: delivery for delivery in letter["deliveries"]}


@pytest.mark.chaos
async def test_a_sender_killed_after_sending_doubts_its_mail_and_repeats_its_webhook_harmlessly(bench: Bench):
    async with world_on(bench) as world:
        # The second of the two sends: both have reached their receivers, at most one is recorded.
        deliveries = await killed_and_restarted(bench, world, "notifications.after_send")
        assert len(world.receivers.mails()) <= 1
        assert len(world.receivers.webhooks()) == 1
        assert deliveries["email"]["state"] in ("uncertain", "delivered")
        assert deliveries["webhook"]["state"] == "delivered"
        told = await world.told()
        assert told.count("issued") == 1
        assert told.count("delivered") == [each["state"] for each in deliveries.values()].count("delivered")


@pytest.mark.chaos
async def test_a_sender_killed_before_sending_never_guesses(bench: Bench):
    async with world_on(bench) as world:
        deliveries = await killed_and_restarted(bench, world, "notifications.after_begin")
        assert world.receivers.mails() == []
        assert (deliveries["email"]["state"], deliveries["email"]["code"]) == ("uncertain", "lost")
        assert (deliveries["webhook"]["state"], deliveries["webhook"]["attempts"]) == ("delivered", 2)
        assert len(world.receivers.webhooks()) == 1
        assert await world.told() == ["delivered", "issued"]


@pytest.mark.chaos
@pytest.mark.parametrize("failpoint", ["consumer.fetched", "relay.acked", "relay.selected"])
async def test_a_kill_on_the_way_in_or_out_neither_loses_nor_doubles_a_letter(bench: Bench, failpoint: str):
    async with world_on(bench) as world:
        await killed_and_restarted(bench, world, failpoint)
        assert [letter["number"][-2:] for letter in await world.letters()] == ["1号"]
        assert len(world.receivers.mails()) <= 1
        assert len(world.receivers.webhooks()) == 1
        assert len({event.id for event in await world.notices() if event.type == "duban.notice.issued.v1"}) == 1
