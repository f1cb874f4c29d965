"""Faults for a running platform, what a real Prometheus says of them, and the rules in a faster time.

The rules are the committed ones with their times divided (`faster`): pauses and ranges by 20, ages by 5 (a beat, a
scrape and an evaluation take a second each, on a busy machine more), so that minutes become seconds. That they fire within two minutes as committed is arithmetic, and `test_prometheus.py` does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Final

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from confluent_kafka import Producer

from services.chassis.consuming import holds
from services.chassis.consuming.codecs import UNPACKED_BYTES
from tests.deploy import running
from tests.deploy.expressions import ROOT, RULES

FASTER: Final = 20
YOUNGER: Final = 5
# The broker ends a transaction after a minute; a publisher that hangs again and again begins the next one.
_TRANSACTION_SECONDS: Final = 30
_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


def faster() -> str:
    """Return the committed rules with every pause and range divided by FASTER, at least two seconds, ages by YOUNGER."""

    def divided(seconds: int) -> int:
        return max(2, seconds // FASTER)

    def duration(match: re.Match[str]) -> str:
        return f"{match[1]}{divided(int(match[2]) * _UNITS[match[3]])}s{match[4]}"

    text = RULES.read_text(encoding="utf-8")
    text = re.sub(r"((?:keep_firing_)?for: )(\d+)([smh])()\b", duration, text)
    text = re.sub(r"(\[)(\d+)([smh])(\])", duration, text)
    return re.sub(r"(time\(\) - .*> )(\d+)$", lambda m: f"{m[1]}{int(m[2]) // YOUNGER}", text, flags=re.MULTILINE)


def firing(prometheus: str, name: str, **labels: str) -> None:
    """Raise AssertionError unless this alert fires."""
    assert _fires(prometheus, name, labels), f"{name}{labels} does not fire"


def quiet(prometheus: str, name: str, **labels: str) -> None:
    """Raise AssertionError while this alert fires."""
    assert not _fires(prometheus, name, labels), f"{name}{labels} still fires"


def _fires(prometheus: str, name: str, labels: dict[str, str]) -> bool:
    alerts = httpx.get(f"{prometheus}/api/v1/alerts", timeout=120).json()["data"]["alerts"]
    wanted = {"alertname": name, **labels}.items()
    return any(alert["state"] == "firing" and wanted <= alert["labels"].items() for alert in alerts)


def flood(bootstrap: str, topic: str, count: int) -> None:
    """Write so many records of which none can be taken."""
    producer = Producer({"bootstrap.servers": bootstrap})
    for _ in range(count):
        producer.produce(topic, b"\xd2\xfe\xbb\xbc", b"no event")
    assert producer.flush(60) == 0


def send_unreadable(bootstrap: str, topic: str) -> None:
    """Write one batch that unfolds beyond any bound."""
    producer = Producer({"bootstrap.servers": bootstrap, "compression.type": "zstd", "message.max.bytes": 200_000_000})
    producer.produce(topic, bytes(UNPACKED_BYTES * 4), b"bomb")
    assert producer.flush(60) == 0


@contextlib.asynccontextmanager
async def hanging_transactions(bootstrap: str, topic: str) -> AsyncIterator[None]:
    """Keep a transaction open on `topic`, by a publisher that hangs in each; the last one is aborted at the end."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"hanging-{uuid.uuid4()}")
    await producer.start()

    async def hang() -> None:
        while True:
            await producer.begin_transaction()
            try:
                await producer.send_and_wait(topic, b"never committed", b"x")
                await asyncio.sleep(_TRANSACTION_SECONDS)
            finally:
                await producer.abort_transaction()

    hanging = asyncio.create_task(hang())
    try:
        yield
    finally:
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
        await producer.stop()


@contextlib.asynccontextmanager
async def locked(dsn: str, table: str) -> AsyncIterator[None]:
    """Hold a lock under which nobody can write to `table`, everybody read."""
    connection = await asyncpg.connect(dsn)
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield
    finally:
        await transaction.rollback()
        await connection.close()


async def resume(dsn: str, topic: str) -> None:
    """Let a held topic go on, as `duban counties resume` does."""
    connection = await asyncpg.connect(dsn)
    try:
        assert await holds.resume(connection, [topic], "operator-test")
    finally:
        await connection.close()


_MEMBER: Final = """
import signal, sys
from confluent_kafka import Consumer
stopping = []
signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
consumer = Consumer({"bootstrap.servers": sys.argv[1], "group.id": sys.argv[2], "session.timeout.ms": 300000,
                     "max.poll.interval.ms": 300000, "enable.auto.commit": False})
consumer.subscribe([sys.argv[3]], on_assign=lambda *_: print("joined", flush=True))
while not stopping:
    consumer.poll(0.2)
consumer.close()
"""


@contextlib.contextmanager
def frozen_member(bootstrap: str, group: str, topic: str) -> Iterator[None]:
    """Have a foreign member in a consumer's group that answers nobody: the next rebalance waits for it."""
    process = subprocess.Popen(
        [sys.executable, "-c", _MEMBER, bootstrap, group, topic], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "joined\n"
        process.send_signal(signal.SIGSTOP)
        yield
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(60)


def has_restarted(prometheus: str, service: str, before: float) -> None:
    """Raise AssertionError until Prometheus has seen a younger process of `service`."""
    assert started_at(prometheus, service) > before, f"{service} was not seen to start again"


def started_at(prometheus: str, service: str) -> float:
    """Return when the process of `service` that Prometheus sees was started, 0 while it sees none."""
    found = running.query(prometheus, f'process_start_time_seconds{{service="{service}"}}')
    return max((float(series["value"][1]) for series in found), default=0.0)
