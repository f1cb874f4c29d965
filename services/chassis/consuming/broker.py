"""Whether a Kafka broker is there at all: a broker that is away explains why nothing moves, so it is no stall."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from services.chassis.process.kafka import Broker, addresses

_CONNECT_SECONDS: Final = 2


async def is_reachable(bootstrap: Broker | str) -> bool:
    """Return whether one of the brokers in the address list takes a connection."""
    for address in addresses(bootstrap).split(","):
        host, _, port = address.strip().rpartition(":")
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.close()
            return True
    return False
