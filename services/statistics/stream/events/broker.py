"""Asking the broker whether it answers, and whether our topics are there."""

from __future__ import annotations

import asyncio
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.chassis.process import kafka
from services.chassis.process.kafka import Broker

_ASK_SECONDS: Final = 5.0


async def missing_topics(bootstrap: Broker | str, topics: set[str]) -> set[str]:
    """Return which of `topics` do not exist; raises KafkaError, OSError or TimeoutError when no broker answers."""
    admin = AIOKafkaAdminClient(**kafka.options(bootstrap), request_timeout_ms=int(_ASK_SECONDS * 1000))
    try:
        async with asyncio.timeout(2 * _ASK_SECONDS):
            await admin.start()
            return topics - set(await admin.list_topics())
    finally:
        await admin.close()


async def is_reachable(bootstrap: Broker | str) -> bool:
    """Return whether a broker answers. One that only takes the connection is frozen, and explains a stall too."""
    try:
        await missing_topics(bootstrap, set())
    except (KafkaError, OSError, TimeoutError):
        return False
    return True
