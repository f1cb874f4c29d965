"""The agent: one record of the ledger's topic in, at most one write of the table, one booking handed in.

Its odd-looking lines answer behaviours of Faust as those of `app` do; README.md lists them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import faust
import structlog
from faust.types import TP, EventT

from duban_contracts.deadlines.calendar import CityDays
from duban_contracts.refusals import Refusal
from duban_contracts.topics import PARTITIONS, TopicFamily
from services.chassis.consuming.dead_letters import DeadLetter
from services.chassis.consuming.deliveries import RawRecord
from services.statistics.books.model.changes import Change
from services.statistics.books.model.fold import fold, merge
from services.statistics.books.model.record import Entry, HazardRecord, decode, encode
from services.statistics.stream.events.app import ROCKSDB, TABLE, RecordTable
from services.statistics.stream.events.reading import Heartbeat, interpret
from services.statistics.stream.handlers.booking import Booking
from services.statistics.stream.handlers.bookkeeper import Bookkeeper
from services.statistics.stream.model import Positions

_log = structlog.get_logger(__name__)


class LedgerStream:
    """Folds what it reads and hands it to the bookkeeper. It never lets a failure out.

    Faust acknowledges the event whose processing raised, so an exception here would lose it. A failure is kept in
    `failure` instead, and the agent stands still until the role takes the process down.
    """

    def __init__(self, app: faust.App, bookkeeper: Bookkeeper, days: CityDays, *, topic_prefix: str) -> None:
        self.app = app
        self.topic = f"{topic_prefix}{TopicFamily.HAZARD}"
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._bookkeeper = bookkeeper
        self._days = days
        table: Any = app.Table(
            TABLE,
            key_type=bytes,
            value_type=bytes,
            partitions=PARTITIONS,
            options=dict(ROCKSDB),
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
        self._positions = Positions[TP]()
        app.on_partitions_assigned.connect(self._forget_positions, weak=False)
        app.on_rebalance_complete.connect(self._hold_back, weak=False)

    async def _hold_back(self, *_: Any, **__: Any) -> None:
        """Stop the flow until Faust has sought to the committed offsets.

        Recovery resumes our partitions before it seeks, and then clears the stream's queue: what was fetched in
        between is dropped, and nothing reads it again (upstream issue 596). Recovery resumes the flow itself.
        """
        self.app.consumer.stop_flow()

    async def _forget_positions(self, *_: Any, **__: Any) -> None:
        self._positions.clear()

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
        if tp not in self._positions:
            consumer: Any = self.app.consumer
            committed = consumer._committed_offset[tp]  # noqa: SLF001
            self._positions.begin(tp, committed or (await consumer.earliest_offsets(tp))[tp])
        self._positions.take(tp, offset)

    async def _take(self, event: EventT[Any]) -> None:
        await self._expect_no_gap(event.message.tp, event.message.offset)
        record = _raw(event)
        meaning = interpret(record)
        if isinstance(meaning, Entry):
            booking = await self._fold(event, record, meaning)
        elif isinstance(meaning, Heartbeat):
            booking = Booking(
                record, "applied", event.ack, applied_through=meaning.applied_through, behind=meaning.behind
            )
        elif isinstance(meaning, Refusal):
            letter = DeadLetter(record, meaning.code, f"{meaning.field}: {meaning.rule}")
            booking = Booking(record, "dead_lettered", event.ack, letter=letter)
        else:
            booking = Booking(record, "skipped", event.ack)
        await self._bookkeeper.hand_in(booking)

    async def _fold(self, event: EventT[Any], record: RawRecord, entry: Entry) -> Booking:
        key = entry.hazard_id.encode()
        known = self._known(key, entry.hazard_id)
        after = fold(known, entry, self._days)
        if after.parked and entry.version > known.version + 1:
            # Ahead of the table: the event may be early, or the table may have lost a write that the database has.
            after = fold(await self._healed(known), entry, self._days)
        # Written also when nothing is new: a crash may have kept the last write from the changelog.
        self._table[key] = encode(after)
        if after.version < entry.version:
            outcome = "parked"
        else:
            outcome = "duplicate" if entry.version <= known.version else "applied"
        return Booking(
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
        return decode(document)

    async def _healed(self, known: HazardRecord) -> HazardRecord:
        saved = await self._bookkeeper.saved(known.hazard_id)
        if saved is None or saved.version <= known.version:
            return known
        _log.warning("a lost table write is healed", hazard_id=known.hazard_id, version=saved.version)
        return merge(saved, known, self._days)


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
