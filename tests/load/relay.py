"""The relay of one outbox: `python -m tests.load.relay [--claims 15000] [--rounds 4] [--counties 300]`, on private servers.

What a ledger leaves in its outbox for so many claims stands there: two rows each, on the hazards' topic and on the feedback of the
county. Measured is how fast the real relay carries it away, in turns with the same records straight from the client library, and
with the same rows read and deleted by nobody's producer: what Kafka and what PostgreSQL would allow.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.local.settings import ROOT
from deploy.profiles.generate import generate
from duban_contracts.profile import load_city
from duban_contracts.topics import COUNTY_PARTITIONS, KEEP_FOREVER, PARTITIONS, Topic, TopicFamily, feedback_topic
from services.chassis.process.clock import SystemClock
from services.chassis.publishing import outbox
from services.chassis.publishing.outbox import OutboxMessage, outgoing
from services.chassis.publishing.relay import Relay
from services.chassis.storage.database import Database, connect
from services.chassis.testing.kafka import create_topics
from tests.load import claims, relay_page, result
from tests.load.rig import PROFILE, Rig

Say = Callable[[str], None]
_PATIENCE_SECONDS: Final = 300
_LOOK_SECONDS: Final = 0.02
# As the relay takes them.
_AT_ONCE: Final = 1000


@dataclass(frozen=True)
class Plan:
    """How much is measured. `counties` of a generated city; 0: those of the example."""

    claims: int
    rounds: int
    counties: int


QUICK: Final = Plan(claims=600, rounds=1, counties=0)


@dataclass(frozen=True)
class Carrying:
    """The ways of carrying the same rows away, run in turn."""

    servers: Rig
    database: Database
    messages: Sequence[OutboxMessage]
    topics: Sequence[Topic]

    async def relay(self) -> dict[str, Any]:
        """Fill the outbox and let the relay empty it; raises when a record is not on its topic, or twice."""
        await self._fill()
        relay = Relay(database=self.database, bootstrap=self.servers.bootstrap, service="bench", clock=SystemClock())
        before = await self._published()
        stopping = asyncio.Event()
        task = asyncio.create_task(relay.run(stopping))
        try:
            found = await self._timed(self._emptied)
        finally:
            stopping.set()
            await task
        if (published := await self._published() - before) != len(self.messages):
            raise RuntimeError(f"{published} records of {len(self.messages)} rows are on the topics")
        return found

    async def bare_kafka(self) -> dict[str, Any]:
        """Hand the same records to a producer that is set up as the relay's, and wait for nothing but the last answer."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.servers.bootstrap,
            enable_idempotence=True,
            acks="all",
            linger_ms=5,
            max_batch_size=131_072,
        )
        await producer.start()
        try:

            async def send() -> None:
                answers = [
                    await producer.send(
                        message.topic, message.value, message.key, message.partition, headers=list(message.headers)
                    )
                    for message in self.messages
                ]
                await asyncio.gather(*answers)

            return await self._timed(send)
        finally:
            await producer.stop()

    async def bare_outbox(self) -> dict[str, Any]:
        """Read and delete the same rows by as many as the relay takes, and publish nothing."""
        await self._fill()

        async def empty() -> None:
            async with self.database.acquire() as connection:
                await connection.execute("SET synchronous_commit = off")
                select = "SELECT id, topic, partition, key, value, headers, created_at FROM outbox ORDER BY id LIMIT $1"
                while rows := await connection.fetch(select, _AT_ONCE):
                    ids = [row["id"] for row in rows]
                    await connection.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", ids)
                await connection.execute("RESET synchronous_commit")

        return await self._timed(empty)

    async def _timed(self, work: Callable[[], Awaitable[None]]) -> dict[str, Any]:
        before = self.servers.processor()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await work()
        after = self.servers.processor()
        seconds = after.at - before.at
        return {
            "rows": len(self.messages),
            "seconds": round(seconds, 3),
            "rows_per_second": round(len(self.messages) / seconds),
            "cores": before.until(after),
        }

    async def _emptied(self) -> None:
        async with self.database.acquire() as connection:
            while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)"):  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(_LOOK_SECONDS)

    async def _fill(self) -> None:
        # What earlier rounds left for the vacuum is none of this one's.
        async with self.database.acquire() as connection:
            await connection.execute("VACUUM outbox")
        for start in range(0, len(self.messages), _AT_ONCE):
            async with self.database.transaction() as connection:
                await outbox.append(connection, self.messages[start : start + _AT_ONCE])

    async def _published(self) -> int:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.servers.bootstrap)
        await consumer.start()
        try:
            partitions = [TopicPartition(topic.name, nth) for topic in self.topics for nth in range(topic.partitions)]
            # Else the client asks where each of them is by itself: half a minute for 300 topics.
            consumer.assign(partitions)
            return sum((await consumer.end_offsets(partitions)).values())
        finally:
            await consumer.stop()


@asynccontextmanager
async def _carrying(servers: Rig, plan: Plan, prefix: str) -> AsyncIterator[Carrying]:
    profile = generate(plan.counties, servers.scratch / "profile") if plan.counties else PROFILE
    counties = [county.code for county in load_city(profile).counties]
    hazards = f"{prefix}{TopicFamily.HAZARD}"
    topics = [
        Topic(hazards, KEEP_FOREVER, PARTITIONS),
        *(Topic(feedback_topic(county, prefix), KEEP_FOREVER, COUNTY_PARTITIONS) for county in counties),
    ]
    await create_topics(servers.bootstrap, topics)
    messages = [
        outgoing(topic, event)
        for event in claims.reports(plan.claims, series="relay", counties=counties)
        for topic in (hazards, feedback_topic(claims.county_of(event), prefix))
    ]
    dsn = await servers.create_service_database("ledger", f"{prefix.strip('.')}_relay")
    database = await connect(dsn, application_name="relay bench")
    try:
        yield Carrying(servers, database, messages, topics)
    finally:
        await database.close()


async def measure(servers: Rig, plan: Plan, *, prefix: str, say: Say) -> dict[str, Any]:
    """Return all rounds; the database is `<prefix>relay`, made here and left to the server's end."""
    async with _carrying(servers, plan, prefix) as carrying:
        rounds: dict[str, list[dict[str, Any]]] = {"relay": [], "bare_kafka": [], "bare_outbox": []}
        ways = {"relay": carrying.relay, "bare_kafka": carrying.bare_kafka, "bare_outbox": carrying.bare_outbox}
        # Once for nothing: the broker's code is compiled, and each topic has its segment.
        await carrying.relay()
        for _ in range(plan.rounds):
            for way, carry in ways.items():
                rounds[way].append(await carry())
                say(f"{way}: {rounds[way][-1]['rows_per_second']:,} rows/s")
        sizes = [len(message.value or b"") + len(outbox.pack_headers(message.headers)) for message in carrying.messages]
        return {
            "claims": plan.claims,
            "counties": len(carrying.topics) - 1,
            "mean_bytes": round(sum(sizes) / len(sizes)),
            "rounds": rounds,
        }


def main() -> None:
    """Measure, print the page, and write it into --output with its JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.relay", description=__doc__)
    parser.add_argument("--claims", type=int, default=15_000, help="two rows each")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--counties", type=int, default=300, help="of a generated city; 0: the example city")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks")
    asked = parser.parse_args()
    plan = Plan(asked.claims, asked.rounds, asked.counties)
    command = f"python -m tests.load.relay --claims {plan.claims} --rounds {plan.rounds} --counties {plan.counties}"
    document = uvloop.run(
        result.of_private_servers(
            command, "relay", lambda servers: measure(servers, plan, prefix="relay.", say=result.say)
        )
    )
    page = relay_page.render(document)
    sys.stdout.write(page)
    result.put(asked.output / f"relay-{document['relay']['counties']}-{document['measured_at'][:10]}", document, page)


if __name__ == "__main__":
    main()
