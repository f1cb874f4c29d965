"""Looks for a person everywhere on the platform with the eyes of every role: pages, metrics, traces (P8)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import asyncpg
import httpx

from services.chassis.access import keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.roles import ENTERPRISE, Role
from services.chassis.testing.searching import Marked

# What stands for a thing in an address, by the word before it.
_UNKNOWN: Final = "00000000-0000-7000-8000-000000000000"


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
