"""The stream processor: Faust reads the ledger's topic, folds into its table, and hands each record to be booked.

Every setting and every odd-looking line answers a behaviour of faust-streaming 0.15.3 that was read in its source or
seen on a broker; README.md lists them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import faust
import structlog
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP, EventT
from mode.threads import ServiceThread, WorkerThread

from duban_contracts.topics import PARTITIONS, TopicFamily
from services.chassis.consuming.dead_letters import DeadLetter
from services.chassis.consuming.deliveries import RawRecord, Refusal
from services.statistics.adapters import projection
from services.statistics.adapters.projection import Change
from services.statistics.application.booking import Bookkeeper, Taken
from services.statistics.application.intake import Heartbeat, interpret
from services.statistics.domain.fold import fold, merge
from services.statistics.domain.record import Entry, HazardRecord

_log = structlog.get_logger(__name__)

# Faust's defaults are a 2 GiB block cache and 3 x 64 MiB of write buffers, for each of the 12 partitions.
_ROCKSDB: Final = {
    "max_open_files": 32,
    "write_buffer_size": 1 << 20,
    "max_write_buffer_number": 2,
    "target_file_size_base": 4 << 20,
    "block_cache_size": 1 << 20,
    "bloom_filter_size": 10,
}
TABLE: Final = "hazards"


class LostRecords(Exception):  # noqa: N818 - it names what happened
    """Faust passed over records. The process must be restarted; it reads again from the committed offset."""


class _DaemonThread(WorkerThread):
    """Faust's consumer thread, unable to keep a process alive whose role has died."""

    def __init__(self, service: ServiceThread, **kwargs: Any) -> None:
        super().__init__(service, **kwargs)
        self.daemon = True


AIOKafkaConsumerThread.Worker = _DaemonThread


class RecordTable(faust.Table[bytes, bytes]):
    """A Faust table that tells when its changelog has a write; Faust itself would commit without asking."""

    last_write: asyncio.Future[Any] | None = None

    def on_key_set(self, key: bytes, value: bytes) -> None:
        """Send the write to the changelog and remember the future of its acknowledgement."""
        self.last_write = self.send_changelog(self.partition_for_key(key), key, value)


def build_app(*, bootstrap: str, topic_prefix: str, data_directory: Path, session_seconds: float) -> faust.App:
    """Return the Faust app, not yet bound to a loop. Topics are made elsewhere; nothing is served from it."""
    data_directory.mkdir(parents=True, exist_ok=True)
    for chatty in ("faust", "mode"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return faust.App(
        f"{topic_prefix}statistics",
        broker=[f"kafka://{server.strip()}" for server in bootstrap.split(",")],
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
        # One produce request for many table writes; without it, nearly every write is a request of its own.
        producer_linger=0.01,
        producer_max_batch_size=128 * 1024,
        broker_session_timeout=session_seconds,
        broker_heartbeat_interval=session_seconds / 4,
        broker_commit_interval=1.0,
        stream_wait_empty=True,
        table_standby_replicas=0,
    )


class LedgerStream:
    """The agent: one record in, at most one table write, one hand-in to the bookkeeper. It never lets a failure out.

    Faust acknowledges the event whose processing raised, so an exception here would lose it. A failure is kept in
    `failure` instead, and the agent stands still until the role takes the process down.
    """

    def __init__(self, app: faust.App, bookkeeper: Bookkeeper, *, topic_prefix: str) -> None:
        self.app = app
        self.topic = f"{topic_prefix}{TopicFamily.HAZARD}"
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._bookkeeper = bookkeeper
        table: Any = app.Table(
            TABLE,
            key_type=bytes,
            value_type=bytes,
            partitions=PARTITIONS,
            options=dict(_ROCKSDB),
        )
        self._table: RecordTable = table
        source = app.topic(
            self.topic,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
            allow_empty=True,
            partitions=PARTITIONS,
        )
        app.agent(source, name="statistics.hazards", concurrency=1)(self._book)
        self._next: dict[TP, int] = {}
        app.on_partitions_assigned.connect(self._forget_positions, weak=False)
        app.on_rebalance_complete.connect(self._hold_back, weak=False)

    async def _hold_back(self, *_: Any, **__: Any) -> None:
        """Stop the flow until Faust has sought to the committed offsets.

        Recovery resumes our partitions before it seeks, and then clears the stream's queue: what was fetched in
        between is dropped, and nothing reads it again (upstream issue 596). Recovery resumes the flow itself.
        """
        self.app.consumer.stop_flow()

    async def _forget_positions(self, *_: Any, **__: Any) -> None:
        self._next.clear()

    async def _book(self, stream: Any) -> None:
        async for event in stream.noack().events():
            try:
                await self._take(event)
            except Exception as error:  # noqa: BLE001 - nothing may escape, see the class
                _log.exception("the stream can't go on", offset=event.message.offset)
                if not self.failure.done():
                    self.failure.set_exception(error)
                await asyncio.Event().wait()

    async def _expect_no_gap(self, tp: TP, offset: int) -> None:
        """Raise LostRecords when records before `offset` never came: nobody may acknowledge past them."""
        if tp not in self._next:
            consumer: Any = self.app.consumer
            committed = consumer._committed_offset[tp]  # noqa: SLF001
            self._next[tp] = committed or (await consumer.earliest_offsets(tp))[tp]
        if offset > self._next[tp]:
            raise LostRecords(f"{tp.topic}/{tp.partition}: {self._next[tp]} to {offset - 1} were not delivered")
        self._next[tp] = max(self._next[tp], offset + 1)

    async def _take(self, event: EventT[Any]) -> None:
        await self._expect_no_gap(event.message.tp, event.message.offset)
        record = _raw(event)
        meaning = interpret(record)
        if isinstance(meaning, Entry):
            taken = await self._fold(event, record, meaning)
        elif isinstance(meaning, Heartbeat):
            taken = Taken(record, "applied", event.ack, heartbeat=meaning)
        elif isinstance(meaning, Refusal):
            letter = DeadLetter(record, meaning.code, meaning.message)
            taken = Taken(record, "dead_lettered", event.ack, letter=letter)
        else:
            taken = Taken(record, "skipped", event.ack)
        await self._bookkeeper.hand_in(taken)

    async def _fold(self, event: EventT[Any], record: RawRecord, entry: Entry) -> Taken:
        key = entry.hazard_id.encode()
        known = self._known(key, entry.hazard_id)
        after = fold(known, entry)
        if after.parked and entry.version > known.version + 1:
            # Ahead of the table: the event may be early, or the table may have lost a write that the database has.
            after = fold(await self._healed(known), entry)
        # Written also when nothing is new: a crash may have kept the last write from the changelog.
        self._table[key] = projection.encode(after)
        if after.version < entry.version:
            outcome = "parked"
        else:
            outcome = "duplicate" if entry.version <= known.version else "applied"
        return Taken(
            record,
            outcome,
            event.ack,
            entry=entry,
            change=Change(after, since=entry.version),
            table_write=self._table.last_write,
        )

    def _known(self, key: bytes, hazard_id: str) -> HazardRecord:
        try:
            document: bytes = self._table[key]
        except KeyError:
            return HazardRecord(hazard_id=hazard_id)
        return projection.decode(document)

    async def _healed(self, known: HazardRecord) -> HazardRecord:
        saved = await self._bookkeeper.read(lambda c: projection.load_record(c, known.hazard_id))
        if saved is None or saved.version <= known.version:
            return known
        _log.warning("a lost table write is healed", hazard_id=known.hazard_id, version=saved.version)
        return merge(saved, known)


def _raw(event: EventT[Any]) -> RawRecord:
    message = event.message
    headers = message.headers or []
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return RawRecord(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        timestamp=datetime.fromtimestamp(message.timestamp, UTC),
        key=message.key,
        value=message.value,
        headers=[(name, value or b"") for name, value in pairs],
    )
