"""Waiting until a part really answers: a connection to PostgreSQL, every broker in the cluster, `/readyz`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import urllib.error
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING

from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from services.chassis.process.kafka import Broker

_PAUSE = 0.1
_NOISE = 51  # above CRITICAL: a broker that is not up yet is no news while we wait for it


async def wait_for(name: str, check: Callable[[], Awaitable[str | None]], seconds: float, remedy: str) -> None:
    """Poll `check` until it returns None; what it last said goes into the `Trouble` after `seconds`."""
    deadline = time.monotonic() + seconds
    while (missing := await check()) is not None:
        if time.monotonic() > deadline:
            raise Trouble(f"{name} was not ready after {seconds:.0f} s ({missing}).", remedy)
        await asyncio.sleep(_PAUSE)


async def postgres(dsn: str) -> str | None:
    """None when a session can be opened, else why not."""
    import asyncpg  # noqa: PLC0415 - only needed once something is installed

    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError, asyncpg.InterfaceError) as error:
        return f"{type(error).__name__}: {error}"
    await connection.close()
    return None


async def kafka(bootstrap: Broker | str, brokers: int, *, every: bool = False) -> str | None:
    """None when the cluster knows of `brokers` brokers (and, with `every`, each listed one answers), else why not."""
    from services.chassis.process.kafka import addresses  # noqa: PLC0415 - `down` works while a service's code does not

    listed = addresses(bootstrap)
    for address in listed.split(",") if every else [listed]:
        asked = address if isinstance(bootstrap, str) else replace(bootstrap, bootstrap=address)
        if (missing := await _cluster_of(asked, brokers)) is not None:
            return missing
    return None


async def _cluster_of(bootstrap: Broker | str, brokers: int) -> str | None:
    from aiokafka import AIOKafkaClient  # noqa: PLC0415
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    from services.chassis.process.kafka import addresses, obstacle, options  # noqa: PLC0415

    logger = logging.getLogger("aiokafka")
    before, logger.level = logger.level, _NOISE
    client = AIOKafkaClient(**options(bootstrap), request_timeout_ms=5000)
    try:
        await client.bootstrap()
        known = len(client.cluster.brokers())
    except (OSError, KafkaError) as error:
        return await obstacle(bootstrap) or f"{addresses(bootstrap)}: {error}"
    finally:
        with contextlib.suppress(Exception):
            await client.close()
        logger.setLevel(before)
    return None if known >= brokers else f"{addresses(bootstrap)}: {known} of {brokers} brokers"


async def http(url: str) -> str | None:
    """None when `url` answers 200, else why not."""
    return await asyncio.to_thread(_get, url)


def _get(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own loopback addresses
            return None if response.status == 200 else f"HTTP {response.status}"  # noqa: PLR2004
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}"
    except OSError as error:
        return str(error)
