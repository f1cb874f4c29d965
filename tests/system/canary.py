"""Looks for a person everywhere on the platform: in every form, at every place, with the eyes of every role (P8)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.chassis.access import keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.roles import ENTERPRISE, Role

_DIGESTS: Final = (hashlib.md5, hashlib.sha1, hashlib.sha256)
# What stands for a thing in an address, by the word before it.
_UNKNOWN: Final = "00000000-0000-7000-8000-000000000000"


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


async def topics(bootstrap: str, prefix: str, marked: Marked) -> list[str]:
    """Return where it stands in any record of any topic: key, value, headers."""
    places = await _partitions(bootstrap, prefix)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        filled = [place for place in places if begins[place] < ends[place]]
        consumer.assign(filled)
        for place in filled:
            consumer.seek(place, begins[place])
        found: list[str] = []
        while any([await consumer.position(place) < ends[place] for place in filled]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    headers = b"\n".join(b"%s: %s" % (name.encode(), value) for name, value in record.headers)
                    data = b"\n".join((record.key or b"", record.value or b"", headers))
                    found += marked.hits(f"topic {record.topic}", data)
        return found
    finally:
        await consumer.stop()


async def _partitions(bootstrap: str, prefix: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if name.startswith(prefix)]
        described = await admin.describe_topics(names)
        return [TopicPartition(each["topic"], part["partition"]) for each in described for part in each["partitions"]]
    finally:
        await admin.close()


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


async def give_keys(dsns: Mapping[str, str], enterprise: str) -> dict[str, str]:
    """Store a key of each role, as wide as it can be, in every service; return the tokens."""
    tokens = {role: keys.new_token() for role in Role}
    for dsn in dsns.values():
        connection = await asyncpg.connect(dsn)
        try:
            people = [
                NewKey(
                    Principal(
                        f"canary-{role.replace('_', '-')}",
                        role,
                        "140500",
                        unit="emergency_management",
                        enterprise=enterprise if role in ENTERPRISE else None,
                    ),
                    token,
                )
                for role, token in tokens.items()
            ]
            await keys.store(connection, people)
        finally:
            await connection.close()
    return {str(role): token for role, token in tokens.items()}


@dataclass(frozen=True)
class Shown:
    """What somebody was shown: at which address, as whom, and every byte of the answer, its headers included."""

    place: str
    status: int
    data: bytes


@dataclass(frozen=True)
class Pages:
    """Every GET of every service, with the eyes of every role; `named` gives ids by the word that stands before them."""

    urls: Mapping[str, str]
    tokens: Mapping[str, str]
    named: Mapping[str, Sequence[str]]

    def read(self, below: str = "/") -> list[Shown]:
        """Read all of them, or those whose address begins so."""
        found = []
        with httpx.Client(timeout=60) as client:
            for service, url in self.urls.items():
                described = client.get(f"{url}/openapi.json").json()
                paths = [path for path, ways in described["paths"].items() if "get" in ways and path.startswith(below)]
                for address in (address for path in paths for address in self._addresses(path)):
                    for role, token in self.tokens.items():
                        answer = client.get(url + address, headers={"Authorization": f"Bearer {token}"})
                        data = answer.content + repr(answer.headers.raw).encode()
                        found.append(Shown(f"page {service} {address} as {role}", answer.status_code, data))
        return found

    def _addresses(self, path: str) -> Iterator[str]:
        words = path.split("/")
        places = [nth for nth, word in enumerate(words) if word.startswith("{")]
        known = self.named.get(words[places[0] - 1], (_UNKNOWN,)) if places else ("",)
        for name in known:
            chosen = {nth: name if nth == places[0] else _UNKNOWN for nth in places}
            yield "/".join(chosen.get(nth, word) for nth, word in enumerate(words))


def in_pages(shown: Iterable[Shown], marked: Marked) -> list[str]:
    """Return where it stands in what was shown."""
    return [hit for page in shown for hit in marked.hits(page.place, page.data)]


def metrics(urls: Mapping[str, str], marked: Marked) -> list[str]:
    """Return where it stands in any service's metrics."""
    texts = {service: httpx.get(f"{url}/metrics", timeout=30).content for service, url in urls.items()}
    return [hit for service, text in texts.items() for hit in marked.hits(f"metrics {service}", text)]


@dataclass
class Spans:
    """Takes what services export as traces."""

    url: str
    bodies: list[bytes] = field(default_factory=list)

    def search(self, marked: Marked) -> list[str]:
        """Return where it stands in any span."""
        return list(marked.hits("traces", b"\n".join(self.bodies)))


@contextmanager
def collector() -> Iterator[Spans]:
    """Listen for spans as an OTLP collector does."""
    spans = Spans("")

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            spans.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    spans.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield spans
    finally:
        server.shutdown()
        server.server_close()
