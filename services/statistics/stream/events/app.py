"""Faust's app and table, set up for this one stream.

Every setting and every odd-looking line answers a behaviour of faust-streaming 0.15.3 that was read in its source or
seen on a broker; README.md lists them.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any, Final

import faust
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP
from faust.types.auth import CredentialsT
from mode.threads import ServiceThread, WorkerThread

from duban_contracts.topics import PARTITIONS, consumer
from services.chassis.consuming import codecs
from services.chassis.process.kafka import Broker
from services.statistics.stream.handlers.booking import CONSUMER
from services.statistics.stream.handlers.rounds import ChangelogRounds, Newest

# Faust's defaults are a 2 GiB block cache and 3 x 64 MiB of write buffers, for each of the 12 partitions. With 1 MiB of write
# buffer 120,000 records took 21 MB, with half of it 16 MB and no more time; with a quarter, a third more time.
ROCKSDB: Final = {
    "max_open_files": 32,
    "write_buffer_size": 1 << 19,
    "max_write_buffer_number": 2,
    "target_file_size_base": 4 << 20,
    "block_cache_size": 1 << 20,
    "bloom_filter_size": 10,
}
TABLE: Final = "hazards"
# Faust calls the Kafka group after the app, and the changelog after both.
GROUP: Final = consumer(CONSUMER).group
CHANGELOG: Final = f"{GROUP}-{TABLE}-changelog"


class _DaemonThread(WorkerThread):
    """Faust's consumer thread, unable to keep a process alive whose role has died."""

    def __init__(self, service: ServiceThread, **kwargs: Any) -> None:
        super().__init__(service, **kwargs)
        self.daemon = True


AIOKafkaConsumerThread.Worker = _DaemonThread


class RecordTable(faust.Table[bytes, bytes]):
    """A Faust table that tells when its changelog has a write; Faust itself would commit without asking.

    It sends them in rounds, of each key the newest value; Faust would send every write by itself.
    """

    last_write: asyncio.Future[Any] | None = None
    _rounds: ChangelogRounds | None = None

    def on_key_set(self, key: bytes, value: bytes) -> None:
        """Put the write into the next round for the changelog and remember the future of its acknowledgement."""
        if self._rounds is None:
            self._rounds = ChangelogRounds(self._send)
        self.last_write = self._rounds.put(key, value, partition=self.partition_for_key(key))

    async def _send(self, newest: Newest) -> None:
        """Send a round, and note how far the store is as Faust does: it holds all that the changelog has by then."""
        topic = str(self.changelog_topic_name)
        producer = await self.app.maybe_start_producer()
        sent = [
            await producer.send(topic, key, value, partition, None, None) for key, (partition, value) in newest.items()
        ]
        ends: dict[TP, int] = {}
        for record in await asyncio.gather(*sent):
            tp = TP(record.topic, record.partition)
            ends[tp] = max(ends.get(tp, -1), record.offset)
        for tp, offset in ends.items():
            self.data.set_persisted_offset(tp, offset)


def build_app(*, bootstrap: Broker, topic_prefix: str, data_directory: Path, session_seconds: float) -> faust.App:
    """Return the Faust app, not yet bound to a loop. Topics are made elsewhere; nothing is served from it."""
    data_directory.mkdir(parents=True, exist_ok=True)
    # Whoever runs the broker may have it compress a topic.
    codecs.install()
    for chatty in ("faust", "mode"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return faust.App(
        f"{topic_prefix}{GROUP}",
        broker=[f"kafka://{server.strip()}" for server in bootstrap.bootstrap.split(",")],
        broker_credentials=_credentials(bootstrap),
        store="rocksdb://",
        datadir=data_directory,
        Table=RecordTable,
        autodiscover=False,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=PARTITIONS,
        reply_create_topic=False,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        # A backlog waits on the broker, not in our memory.
        broker_max_poll_records=500,
        consumer_max_fetch_size=128 * 1024,
        stream_buffer_maxsize=1000,
        # A round of table writes is sent at once, and waits for no company.
        producer_linger=0,
        producer_max_batch_size=128 * 1024,
        broker_session_timeout=session_seconds,
        broker_heartbeat_interval=session_seconds / 4,
        broker_commit_interval=1.0,
        stream_wait_empty=True,
        table_standby_replicas=0,
    )


def _credentials(broker: Broker) -> CredentialsT | None:
    if broker.named:
        context = broker.tls if broker.encrypted else None
        return faust.SASLCredentials(
            username=broker.username, password=broker.password, mechanism=broker.mechanism, ssl_context=context
        )
    return faust.SSLCredentials(broker.tls) if broker.encrypted else None
