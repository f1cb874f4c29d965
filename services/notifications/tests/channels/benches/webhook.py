"""A webhook at the demonstration's endpoint: the beginning of its path says what becomes of a letter."""

from __future__ import annotations

from typing import Final

from services.notifications.channels.webhook import CHANNEL
from services.notifications.tests.bench import Bench
from services.notifications.tests.world import SECRET

BENCH: Final = Bench(
    channel=CHANNEL,
    environment=lambda receivers: {
        "DUBAN_WEBHOOK_BASE": f"http://127.0.0.1:{receivers.webhook_port}",
        "DUBAN_WEBHOOK_SECRET": SECRET,
    },
    timeout="DUBAN_WEBHOOK_TIMEOUT",
    taken="{webhook_base}/hooks/{endpoint}",
    refused=("{webhook_base}/refuse/403/{endpoint}", "403"),
    busy=("{webhook_base}/refuse/429/{endpoint}", "429"),
    silent="{webhook_base}/mute/{endpoint}",
    forbidden="address-loopback",
    arrived=lambda receivers: [kept["body"]["data"]["text"] for kept in receivers.webhooks()],
    hidden="/140502/",
)
