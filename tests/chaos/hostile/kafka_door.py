"""A hostile county at its topic: foreign producers of every make and codec, transactions, batches made by hand, floods."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException, Producer

from duban_contracts.topics import claims_topic
from services.chassis.testing.foreign import append_batch, batch_of, sealed
from tests.chaos.hostile.mischief import CODECS, Fate, Mischief, Record

_PAUSE_SECONDS: Final = 2.0
_TRANSACTION_MS: Final = 10_000
_FLOOD: Final = 1_200
_FLOOD_EACH: Final = 400
_ATTEMPTS: Final = 60


@dataclass
class Book:
    """What the broker acknowledged, by place; and what it took with a place that nobody was told."""

    placed: dict[int, Record] = field(default_factory=dict)
    unplaced: list[Record] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)


class KafkaDoor:
    """One county that writes to its topic itself. Blocking calls of librdkafka run in threads."""

    def __init__(self, bootstrap: str, mischief: Mischief, seed: int) -> None:
        self.topic = claims_topic(mischief.county)
        self.book = Book()
        self._bootstrap = bootstrap
        self._mischief = mischief
        self._dice = random.Random(f"door-{seed}-{mischief.county}")
        self._plain = [self._producer(partitioner=name) for name in ("murmur2_random", "consistent_random")]
        self._packing = {codec: self._producer(**{"compression.type": codec, "linger.ms": 50}) for codec in CODECS}
        self._hanging: list[Producer] = []

    async def rage(self, stopping: asyncio.Event, *, flood: bool) -> None:
        """Do all of it, again and again, until told to stop; then let go of what hangs."""
        bursts = [_FLOOD_EACH] * (_FLOOD // _FLOOD_EACH) if flood else []
        for turn in range(1_000_000):
            if stopping.is_set():
                break
            await asyncio.to_thread(self._turn, turn)
            await self._by_hand()
            if bursts and turn:
                await asyncio.to_thread(self._send, self._dice.choice(self._plain), self._mischief.flood(bursts.pop()))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _PAUSE_SECONDS)
        for size in bursts:
            await asyncio.to_thread(self._send, self._plain[0], self._mischief.flood(size))
        await asyncio.to_thread(self._let_go)

    async def last(self) -> int:
        """Send one more right report, behind everything else, also behind what hangs; return its offset."""
        last = self._mischief.right("after it all")
        await asyncio.to_thread(self._send, self._plain[0], [last])
        return next(offset for offset, record in self.book.placed.items() if record is last)

    @property
    def hazards(self) -> Mapping[str, str]:
        """The hazards that must come of what was written: reference and description."""
        return self._mischief.hazards

    def _turn(self, turn: int) -> None:
        for record in self._mischief.round():
            self._plain[turn % 2].poll(0)
            self._produce(self._plain[turn % 2], record)
        self._flush(self._plain[turn % 2])
        for producer, record in zip(self._plain, self._mischief.corrected(), strict=True):
            self._send(producer, [record])
        codec = CODECS[turn % len(CODECS)]
        self._send(self._packing[codec], self._mischief.batch(codec))
        if turn % 8 == 1:
            self._send(self._packing["zstd"], [self._mischief.bomb()])
        self._commit()
        self._abort()
        if turn % 8 == 3:
            self._hang()

    def _commit(self) -> None:
        """Commit a transaction; when the broker went away in the middle, the same events again, under the same ids."""
        record = self._mischief.right("committed")
        for _ in range(_ATTEMPTS):
            placed: dict[int, Record] = {}
            with contextlib.suppress(KafkaException):
                producer = self._transactional()
                producer.begin_transaction()
                self._produce(producer, record, placed)
                producer.flush(20)
                producer.commit_transaction(20)
                self.book.unplaced.append(record)
                self.book.done["transactions committed"] += 1
                return
            time.sleep(1)
        raise AssertionError("no transaction could be committed")

    def _abort(self) -> None:
        with contextlib.suppress(KafkaException):
            producer = self._transactional()
            producer.begin_transaction()
            self._produce(producer, self._mischief.taken_back("aborted"))
            producer.flush(20)
            producer.abort_transaction(20)
            self.book.done["transactions aborted"] += 1

    def _hang(self) -> None:
        """Leave a transaction open; the broker ends it, and until then this county's own topic waits."""
        with contextlib.suppress(KafkaException):
            producer = self._transactional()
            producer.begin_transaction()
            self._produce(producer, self._mischief.taken_back("hanging"))
            producer.flush(20)
            self._hanging.append(producer)
            self.book.done["transactions left open"] += 1

    async def _by_hand(self) -> None:
        """Write batches that no client writes: a header's name that is no UTF-8, and damaged ones that may be refused."""
        odd = self._mischief.right("header name")
        assert odd.event is not None
        for _ in range(_ATTEMPTS):
            try:
                batch = batch_of([odd.event], extra={b"x-\xc3\x28\xff\xfe": b"of another software"})
                await append_batch(self._bootstrap, self.topic, 0, batch)
            except (KafkaError, OSError, AssertionError, TimeoutError):
                await asyncio.sleep(1)
            else:
                self.book.unplaced.append(odd)
                break
        noise = self._mischief.taken_back("damaged batch")
        assert noise.event is not None
        whole = bytearray(batch_of([noise.event], codec=self._dice.choice((0, 1))))
        for _ in range(3):
            whole[self._dice.randrange(61, len(whole))] ^= 0xFF
        try:
            await append_batch(self._bootstrap, self.topic, 0, sealed(bytes(whole)))
        except (KafkaError, OSError, AssertionError, TimeoutError):
            self.book.done["damaged batches that the broker refused"] += 1
        else:
            self.book.done["damaged batches that the broker took"] += 1

    def _send(self, producer: Producer, records: Sequence[Record]) -> None:
        for record in records:
            self._produce(producer, record)
        self._flush(producer)

    def _produce(self, producer: Producer, record: Record, placed: dict[int, Record] | None = None) -> None:
        book = self.book.placed if placed is None else placed

        def on_delivery(error: object, message: Any) -> None:
            if error is None:
                book[message.offset()] = record
            elif record.fate is not Fate.NOTHING:
                self.book.done[f"not delivered: {error}"] += 1

        headers: list[tuple[str, Any]] = list(record.headers)
        while True:
            try:
                producer.produce(self.topic, record.value, record.key, headers=headers, on_delivery=on_delivery)
            except BufferError:
                producer.poll(1)
            else:
                self.book.done[record.kind] += 1
                return

    def _flush(self, producer: Producer) -> None:
        while producer.flush(30):
            self.book.done["waited"] += 1

    def _let_go(self) -> None:
        for producer in (*self._plain, *self._packing.values()):
            self._flush(producer)
        # What hangs is never ended by its publisher: the broker's own bound has to.
        self._hanging.clear()

    def _transactional(self) -> Producer:
        named = {"transactional.id": f"hostile-{uuid.uuid4().hex}", "transaction.timeout.ms": _TRANSACTION_MS}
        producer = self._producer(**named)
        producer.init_transactions(20)
        return producer

    def _producer(self, **settings: object) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self._bootstrap,
                "client.id": f"hostile-{self._mischief.county}",
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                "message.max.bytes": 200_000_000,
                "queue.buffering.max.kbytes": 400_000,
                "log_level": 2,
                **settings,
            }
        )
