"""Looks for a person everywhere on the platform with the eyes of every role: pages, metrics, traces (P8)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import asyncpg
import httpx

from services.chassis.access import keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.roles import ENTERPRISE, Role
from services.chassis.process.clock import ZONE
from services.chassis.testing.searching import Marked

# What stands for a thing in an address, by the word before it.
_UNKNOWN: Final = "00000000-0000-7000-8000-000000000000"
_ANSWERED: Final = 200


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


def questions(ledger: str, hazard: str, token: str) -> dict[str, str]:
    """Return what is asked of the GETs that need a question, by the parameter's name; an event is the hazard's first."""
    auth, today = {"Authorization": f"Bearer {token}"}, datetime.now(ZONE).date()
    history = httpx.get(f"{ledger}/v1/hazards/{hazard}/history", headers=auth, timeout=60).json()
    asked = {"month": f"{today:%Y-%m}", "year": f"{today.year}", "from": f"{today}", "to": f"{today}", "old": "1"}
    return asked | {"duty": "d", "period": f"{today.year}", "event": history["items"][0]["event_id"]}


@dataclass(frozen=True)
class Shown:
    """What somebody was shown: at which address, as whom, and every byte of the answer, its headers included."""

    place: str
    status: int
    data: bytes


@dataclass(frozen=True)
class Pages:
    """Every GET of every service, with the eyes of every role, in every format that it exports.

    `named` gives ids by the word that stands before them; of other things the first of their list is taken, as whoever sees
    most of them sees it. `asked` answers the questions that a GET can't do without, by name.
    """

    urls: Mapping[str, str]
    tokens: Mapping[str, str]
    named: Mapping[str, Sequence[str]]
    asked: Mapping[str, str]

    def read(self, below: str = "/") -> list[Shown]:
        """Read all of them, or those whose address begins so."""
        found = []
        with httpx.Client(timeout=60) as client:
            for service, url in self.urls.items():
                described = client.get(f"{url}/openapi.json").json()["paths"]
                gets = {
                    path: ways["get"] for path, ways in described.items() if "get" in ways and path.startswith(below)
                }
                for address in (
                    f"{address}{query}"
                    for path, way in gets.items()
                    for address in self._addresses(client, url, path)
                    for query in self._queries(way)
                ):
                    for role, token in self.tokens.items():
                        answer = client.get(url + address, headers={"Authorization": f"Bearer {token}"})
                        data = answer.content + repr(answer.headers.raw).encode()
                        found.append(Shown(f"page {service} {address} as {role}", answer.status_code, data))
        return found

    def _queries(self, way: Mapping[str, Any]) -> Iterator[str]:
        """Yield the query that the GET needs, once for each format that it has."""
        parameters = [each for each in way.get("parameters", ()) if each["in"] == "query"]
        needed = {each["name"]: self.asked[each["name"]] for each in parameters if each.get("required")}
        formats = next((each["schema"]["enum"] for each in parameters if each["name"] == "format"), [None])
        for name in formats:
            query = httpx.QueryParams(needed | ({} if name is None else {"format": name}))
            yield f"?{query}" if query else ""

    def _first(self, client: httpx.Client, listing: str, field: str) -> Sequence[str]:
        """Return what the first thing of a list is called, as whoever sees it sees it."""
        for token in self.tokens.values():
            answer = client.get(listing, params={"limit": 1}, headers={"Authorization": f"Bearer {token}"})
            items = answer.json().get("items") if answer.status_code == _ANSWERED else None
            if items and (name := items[0].get(field) or items[0].get(f"{field}_number")):
                return (str(name),)
        return (_UNKNOWN,)

    def _addresses(self, client: httpx.Client, url: str, path: str) -> Iterator[str]:
        words = path.split("/")
        places = [nth for nth, word in enumerate(words) if word.startswith("{")]
        known: Sequence[str] = ("",)
        if places:
            listing, field = url + "/".join(words[: places[0]]), words[places[0]].strip("{}")
            known = self.named.get(words[places[0] - 1]) or self._first(client, listing, field)
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
