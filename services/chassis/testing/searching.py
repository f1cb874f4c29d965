"""Looks for a text in every form, at every place where a platform writes: topics, databases, files (P8)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.chassis.consuming.fetching import Fetching
from services.chassis.consuming.options import ConsumerOptions
from services.chassis.process import kafka
from services.chassis.process.kafka import Broker
from services.chassis.publishing.administrator import administrator

_DIGESTS: Final = (hashlib.md5, hashlib.sha1, hashlib.sha256)


@dataclass(frozen=True)
class Marked:
    """What is looked for: a name, a phone … or a text that everybody may see."""

    values: Sequence[str]

    def hits(self, place: str, data: bytes) -> Iterator[str]:
        """Yield where it stands in `data`, and in which form."""
        for value in self.values:
            for form, needle in forms(value).items():
                if needle in data:
                    yield f"{place}: {form} of {value}"


def forms(value: str) -> Mapping[str, bytes]:
    """Return the bytes of a value as it may be written, encoded, or hashed without a key."""
    plain = value.encode()
    found = {
        "text": plain,
        "JSON text": json.dumps(value).strip('"').encode(),
        "URL": quote(value).encode(),
        "hex": plain.hex().encode(),
        "UTF-16": value.encode("utf-16-le"),
    }
    for shift in range(3):
        # Base64 of a text that stands inside another depends on where it begins; its middle does not.
        found[f"base64 at {shift}"] = base64.b64encode(b"\0" * shift + plain)[4:-4]
    for digest in _DIGESTS:
        name, made = digest().name, digest(plain, usedforsecurity=False)
        found |= {f"{name} digest": made.digest(), f"{name} hex": made.hexdigest().encode()}
    return found


async def topics(bootstrap: Broker | str, prefix: str, marked: Marked) -> list[str]:
    """Return where it stands in any record of any topic: key, value, headers, or a batch that nobody can read."""
    places = await _partitions(bootstrap, prefix)
    consumer = AIOKafkaConsumer(**kafka.options(bootstrap), enable_auto_commit=False)
    fetching = Fetching("searching", consumer, ConsumerOptions())
    await consumer.start()
    try:
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        filled = [place for place in places if begins[place] < ends[place]]
        consumer.assign(filled)
        for place in filled:
            consumer.seek(place, begins[place])
        found: list[str] = []
        while any([await consumer.position(place) < ends[place] for place in filled]):
            for record in await fetching.records():
                headers = b"\n".join(b"%s: %s" % (name.encode(), value or b"") for name, value in record.headers)
                data = b"\n".join((record.key or b"", record.value or b"", headers))
                found += marked.hits(f"topic {record.topic}", data)
        return found
    finally:
        await consumer.stop()


async def _partitions(bootstrap: Broker | str, prefix: str) -> list[TopicPartition]:
    async with administrator(bootstrap) as admin:
        names = [name for name in await admin.list_topics() if name.startswith(prefix) and not name.startswith("__")]
        described = await admin.describe_topics(names)
    return [TopicPartition(each["topic"], part["partition"]) for each in described for part in each["partitions"]]


async def databases(dsns: Mapping[str, str], marked: Marked) -> list[str]:
    """Return where it stands in any row of any table, outbox and dead letters among them."""
    found: list[str] = []
    for name, dsn in dsns.items():
        connection = await asyncpg.connect(dsn)
        try:
            tables = await connection.fetch(
                """SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"""
            )
            for (table,) in tables:
                dumped = io.BytesIO()
                await connection.copy_from_query(f"SELECT * FROM {table}", output=dumped, format="binary")  # noqa: S608
                found += marked.hits(f"database {name} {table}", dumped.getvalue())
        finally:
            await connection.close()
    return found


def files(home: Path, marked: Marked) -> list[str]:
    """Return where it stands in any file of the platform: logs, state, spools."""
    paths = (path for path in sorted(home.rglob("*")) if path.is_file())
    return [hit for path in paths for hit in marked.hits(f"file {path.relative_to(home)}", path.read_bytes())]
