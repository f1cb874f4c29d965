"""Who asks a cluster about topics, users and rights, and changes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient

from services.chassis.process import kafka
from services.chassis.process.kafka import Broker


@asynccontextmanager
async def administrator(bootstrap: Broker | str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Give an administrator's client of this cluster while the block runs; raises KafkaError when it can't be reached."""
    admin = AIOKafkaAdminClient(**kafka.options(bootstrap))
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
