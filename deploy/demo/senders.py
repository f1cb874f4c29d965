"""How counties speak: through the gateway over HTTPS, or straight to their own Kafka topic with a client of theirs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
from confluent_kafka import KafkaException, Producer

from duban_contracts.cloudevents import (
    BATCH_CONTENT_TYPE,
    STRUCTURED_CONTENT_TYPE,
    CloudEvent,
    encode_batch,
    to_kafka,
)
from duban_contracts.topics import claims_topic


@dataclass
class Book:
    """What a county's own system noted: what was acknowledged, and what was refused at the edge with which reason."""

    accepted: dict[str, CloudEvent] = field(default_factory=dict)
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    def accept(self, topic: str, event: CloudEvent) -> None:
        """Note an acknowledged event under its receipt id."""
        self.accepted[str(event.identity(topic))] = event


class Sender(Protocol):
    """One county's way to the platform; `send` returns when the platform has answered for every event."""

    book: Book

    async def send(self, events: Sequence[CloudEvent]) -> None:
        """Send events in order, retrying what the platform could not take just now."""
        ...

    async def send_broken(self, event: CloudEvent) -> None:
        """Send an event whose payload breaks the contract."""
        ...


class GatewaySender:
    """A county that publishes over HTTP with its key."""

    def __init__(self, client: httpx.AsyncClient, url: str, key: str, county: str) -> None:
        self._client = client
        self._url = f"{url}/v1/events"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._topic = claims_topic(county)
        self.book = Book()

    async def send(self, events: Sequence[CloudEvent]) -> None:
        """POST one event or a batch; 429 and 503 are waited out with the same event ids, so a retry is safe."""
        single = len(events) == 1
        batch = encode_batch(events)
        body = batch[1:-1] if single else batch
        content_type = STRUCTURED_CONTENT_TYPE if single else BATCH_CONTENT_TYPE
        while True:
            answer = await self._post(body, content_type)
            if answer is not None:
                break
            await asyncio.sleep(0.5)
        for result in answer["results"]:
            event = events[result["index"]]
            if result["status"] == "queued":
                self.book.accept(self._topic, event)
            else:
                problem = result["problem"]
                self.book.refused.append((event.subject or event.id, problem["code"], problem["detail"]))

    async def send_broken(self, event: CloudEvent) -> None:
        """Send it like any other: the gateway names what is wrong."""
        await self.send([event])

    async def _post(self, body: bytes, content_type: str) -> dict[str, Any] | None:
        try:
            response = await self._client.post(
                self._url, content=body, headers={**self._headers, "Content-Type": content_type}
            )
        except httpx.TransportError:
            self.book.calls["transport-error"] += 1
            return None
        self.book.calls[str(response.status_code)] += 1
        if response.status_code in {429, 503}:
            return None
        answer: dict[str, Any] = response.json()
        if "results" in answer:
            return answer
        return {"results": [{"index": 0, "status": "rejected", "problem": answer}]}


class KafkaSender:
    """A county that writes to its own topic with librdkafka, as its vendor would."""

    def __init__(self, client: Mapping[str, str], county: str) -> None:
        """`client` is what librdkafka is told to reach the broker as this county."""
        self._topic = claims_topic(county)
        self._producer = Producer(
            {
                **client,
                "client.id": f"county-{county}",
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                # A broker that is away for a moment is no news here; what is not acknowledged is raised below.
                "log_level": 2,
            }
        )
        self.book = Book()

    async def send(self, events: Sequence[CloudEvent]) -> None:
        """Produce in CloudEvents binary mode and wait for the broker's acknowledgements."""
        await asyncio.to_thread(self._produce, events)

    async def send_broken(self, event: CloudEvent) -> None:
        """Produce it as it is: the broker takes anything, the ledger answers."""
        await self.send([event])

    def _produce(self, events: Sequence[CloudEvent]) -> None:
        failures: list[object] = []
        for event in events:
            key, value, headers = to_kafka(event)
            attributes: list[tuple[str, str | bytes | None]] = [*headers]

            def on_delivery(error: object, _message: object, event: CloudEvent = event) -> None:
                if error is not None:
                    failures.append(error)
                else:
                    self.book.accept(self._topic, event)

            self._producer.produce(self._topic, value, key, headers=attributes, on_delivery=on_delivery)
        # A broker that is away for a while is waited for; librdkafka gives a message up after five minutes.
        while self._producer.flush(30):
            self.book.calls["waited"] += 1
        if failures:
            raise KafkaException(f"not acknowledged: {failures}")
        self.book.calls["acknowledged"] += len(events)
