"""The sandbox topic: what a publisher wrote to Kafka, seen from outside, and answers that come more than once.

Needs the extra `kit` (confluent-kafka) and a test broker that is spoken to without TLS and SASL.
"""

# mypy: disable-error-code="attr-defined"
# confluent-kafka's own types don't name what its admin package exports.

from __future__ import annotations

import struct
import threading
import time
from datetime import UTC, datetime
from typing import Any, Final

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from duban_contracts.admissible.dates import Present
from duban_contracts.cloudevents import CloudEvent, from_kafka, to_kafka
from duban_contracts.conformance.check import ZONE
from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.door import Doors
from duban_contracts.conformance.sandbox.evidence import Answered, FeedbackRead, Produced, Record, Written
from duban_contracts.conformance.sandbox.frames import Batch
from duban_contracts.conformance.sandbox.outcomes import fate, outcome
from duban_contracts.conformance.sandbox.producers import active_producers
from duban_contracts.conformance.sandbox.script import Act, Script
from duban_contracts.conformance.sandbox.sightings import Sighting, sighted
from duban_contracts.refusals import Refusal
from duban_contracts.topics import COUNTY_PARTITIONS, claims_topic, feedback_topic

# The broker's clock says when a record came, whatever its publisher's says.
_AS_THE_PLATFORM: Final = {"message.timestamp.type": "LogAppendTime"}
_LINGERING_SECONDS: Final = 0.3
_GROUPS_EVERY: Final = 1.0
_TIMEOUT: Final = 15.0
# A transaction's mark at the end of a topic is never read: this bounds the wait for it.
_LEFT_SECONDS: Final = 5.0


def open_topic(
    bootstrap: str, city: City, lock: threading.Lock, began: float, *, prefix: str, host: str = "127.0.0.1"
) -> SandboxTopic:
    """Make the topics anew on a test broker and return their keeper; raises OSError when it can't be reached."""
    try:
        return SandboxTopic(bootstrap, city, lock, began, prefix, host)
    except KafkaException as error:
        raise OSError(f"{bootstrap}: {error}") from error


class SandboxTopic:
    """Reads the claims topic and answers on the feedback topic; the publisher reaches the broker through a door."""

    def __init__(self, bootstrap: str, city: City, lock: threading.Lock, began: float, prefix: str, host: str) -> None:
        self._city, self._lock, self._began = city, lock, began
        self.claims, self.feedback = claims_topic(city.county, prefix), feedback_topic(city.county, prefix)
        self._script = Script(city.seed)
        self._fates: dict[str, Refusal | None] = {}
        client: dict[str, Any] = {"bootstrap.servers": bootstrap}
        self._admin = AdminClient(client)
        self._make_topics()
        self._consumer = Consumer(
            client
            | {"group.id": f"duban-sandbox-{time.time_ns()}", "enable.auto.commit": False}
            | {"isolation.level": "read_committed", "fetch.wait.max.ms": 50}
        )
        self._consumer.assign([TopicPartition(self.claims, number, 0) for number in range(COUNTY_PARTITIONS)])
        self._producer = Producer(client | {"acks": "all", "enable.idempotence": True})
        self._groups_at = 0.0
        self._acts = Script(city.seed)
        self._doors = Doors(bootstrap, self._play, host=host)

    @property
    def address(self) -> str:
        """The broker as the publisher shall reach it."""
        host, port = self._doors.address
        return f"{host}:{port}"

    def tend(self) -> None:
        """Take in what was written since and answer it; from time to time see how far the answers were read."""
        for message in self._consumer.consume(500, timeout=0.05):
            if message.error() is None:
                self._take(message)
        self._producer.flush(_TIMEOUT)
        now = self._elapsed()
        if now >= self._groups_at:
            self._groups_at = now + _GROUPS_EVERY
            self._look_at_groups()

    def close(self) -> None:
        """Read what is left, ask who wrote it, and let go of the broker; the topics stay, to be looked at."""
        self._doors.close()
        self._read_what_is_left()
        self._look_at_groups()
        self._look_at_producers()
        self._consumer.close()

    def _read_what_is_left(self) -> None:
        """Read to the end of the topic: one look may come before the broker has handed out the last records."""
        until = time.monotonic() + _LEFT_SECONDS
        self.tend()
        for number in range(COUNTY_PARTITIONS):
            where = TopicPartition(self.claims, number)
            _, end = self._consumer.get_watermark_offsets(where, timeout=_TIMEOUT)
            while end and self._consumer.position([where])[0].offset < end and time.monotonic() < until:
                self.tend()

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _note(self, fact: Any) -> None:
        with self._lock:
            self._city.evidence.append(fact)

    def _play(self, acks: int, sent: list[Batch]) -> Act:
        """Say what is done with a produce request, and note it; what goes to other topics passes."""
        ours = tuple((each.producer, each.sequence, each.count) for each in sent if each.topic == self.claims)
        if not ours:
            return Act.ANSWER
        with self._lock:
            act = self._acts.next_act()
            self._city.evidence.append(Produced(at=round(self._elapsed(), 3), act=act, acks=acks, batches=ours))
        return act

    # Records and answers

    def _take(self, message: Any) -> None:
        partition, offset = message.partition(), message.offset()
        headers = message.headers() or []
        present = Present.at(datetime.now(UTC), ZONE)
        seen, event = sighted(lambda: from_kafka(message.key(), message.value(), headers), self._city.county, present)
        self._note(
            Record(
                at=round(self._elapsed(), 3),
                partition=partition,
                offset=offset,
                event=seen,
                key=None if message.key() is None else message.key().decode(errors="replace"),
            )
        )
        self._answer((seen, event), f"{self.claims}/{partition}/{offset}")

    def _answer(self, sighting: Sighting, origin: str) -> None:
        seen, event = sighting
        identity = None
        if seen.id is not None and seen.source is not None:
            identity = str(
                CloudEvent(id=seen.id, source=seen.source, type=seen.type or "", data=b"").identity(self.claims)
            )
        if isinstance(event, CloudEvent):
            refused = self._fates.setdefault(identity or origin, fate(event.type, self._script))
        else:
            refused = event[0]
        key, value, headers = to_kafka(outcome(seen, identity, origin, self._city.county, refused))

        def delivered(error: object, message: Any) -> None:
            if error is None:
                self._answered(identity, seen.id, message.offset(), refused)

        # At least once means: sometimes twice.
        for _ in range(2 if self._city.seed % 2 or refused else 1):
            self._producer.produce(self.feedback, key=key, value=value, headers=[*headers], on_delivery=delivered)

    def _answered(self, receipt_id: str | None, event_id: str | None, offset: int, refused: Refusal | None) -> None:
        code = None if refused is None else refused.code
        self._note(
            Answered(at=round(self._elapsed(), 3), receipt_id=receipt_id, event_id=event_id, offset=offset, code=code)
        )

    def _look_at_groups(self) -> None:
        """Note how far any consumer group has committed the feedback topic."""
        part = TopicPartition(self.feedback, 0)
        listed = self._admin.list_consumer_groups(request_timeout=_TIMEOUT).result(_TIMEOUT)
        for group in (one.group_id for one in listed.valid if not one.group_id.startswith("duban-sandbox-")):
            offset = _committed(self._admin, group, part)
            known = max(
                (f.offset for f in self._city.evidence if isinstance(f, FeedbackRead) and f.group == group), default=0
            )
            if offset > known:
                self._note(FeedbackRead(at=round(self._elapsed(), 3), group=group, offset=offset))

    def _look_at_producers(self) -> None:
        """Note, for every partition with records, how many of them idempotent producers wrote."""
        known = self._admin.list_topics(self.claims, timeout=_TIMEOUT)
        for number, partition in known.topics[self.claims].partitions.items():
            low, high = self._consumer.get_watermark_offsets(TopicPartition(self.claims, number), timeout=_TIMEOUT)
            if high > low:
                leader = known.brokers[partition.leader]
                try:
                    found = active_producers(str(leader.host), int(leader.port), self.claims, number)
                except (OSError, struct.error):
                    return  # without that evidence nobody is certified, and the report says so
                sequenced = sum(each.last_sequence + 1 for each in found) if all(e.epoch == 0 for e in found) else None
                self._note(
                    Written(at=round(self._elapsed(), 3), partition=number, producers=len(found), sequenced=sequenced)
                )

    def _make_topics(self) -> None:
        """Make the topics anew, and wait until the broker shows them: a publisher that asks before is told there are none."""
        for done in self._admin.delete_topics([self.claims, self.feedback], operation_timeout=_TIMEOUT).values():
            try:
                done.result(_TIMEOUT)
            except KafkaException:
                continue  # it was not there
        self._until_shown(0)
        new = [NewTopic(name, COUNTY_PARTITIONS, 1, config=_AS_THE_PLATFORM) for name in (self.claims, self.feedback)]
        until = time.monotonic() + _TIMEOUT
        while True:
            try:
                for done in self._admin.create_topics(new, operation_timeout=_TIMEOUT).values():
                    done.result(_TIMEOUT)
            except KafkaException:
                # A topic that was deleted lingers for a moment.
                if time.monotonic() > until:
                    raise
                time.sleep(_LINGERING_SECONDS)
            else:
                return self._until_shown(COUNTY_PARTITIONS)

    def _until_shown(self, partitions: int) -> None:
        """Wait until the broker's copy of the metadata, which follows the controller's, shows both with leaders."""
        until = time.monotonic() + _TIMEOUT
        while any(self._led(name) != partitions for name in (self.claims, self.feedback)):
            if time.monotonic() > until:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{self.claims}: not shown as made"))  # noqa: SLF001 - the library's own constant
            time.sleep(_LINGERING_SECONDS)

    def _led(self, name: str) -> int:
        found = self._admin.list_topics(timeout=_TIMEOUT).topics.get(name)
        return 0 if found is None else sum(each.leader >= 0 for each in found.partitions.values())


def _committed(admin: AdminClient, group: str, part: TopicPartition) -> int:
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, [part])])
    try:
        (found,) = asked[group].result(_TIMEOUT).topic_partitions
    except KafkaException:
        return 0
    return max(int(found.offset), 0)
