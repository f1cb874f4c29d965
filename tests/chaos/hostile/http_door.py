"""A hostile county at the gateway: every byte that is no right request, half ones that never end, heads without end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import httptools

from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from tests.chaos.hostile.mischief import Mischief, Record
from tests.edge.raw_http import Answer, ask, complaints, post

_HOST: Final = "127.0.0.1"
_PAUSE_SECONDS: Final = 0.5
_HALF_REQUESTS: Final = 60
_PATIENCE_SECONDS: Final = 2.0
_ATTEMPTS: Final = 90
_LARGEST_IN_A_BATCH: Final = 10_000
_AWAY: Final = frozenset({429, 503})
_TAKEN: Final = "queued"


@dataclass
class Book:
    """Which events the gateway took, and what was wrong with its answers."""

    taken: list[Record] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)


class HttpDoor:
    """One county with a key, and everybody without."""

    def __init__(self, port: int, key: str, mischief: Mischief, seed: int) -> None:
        self.book = Book()
        self._port = port
        self._key = (b"Authorization", f"Bearer {key}".encode())
        self._mischief = mischief
        self._dice = random.Random(f"http-{seed}-{mischief.county}")
        self._half: list[asyncio.StreamWriter] = []

    async def rage(self, stopping: asyncio.Event) -> None:
        """Send all of it, again and again, until told to stop."""
        try:
            while not stopping.is_set():
                for parts in self._garbage():
                    await self._try(parts)
                await self._batch()
                await self._half_requests()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), _PAUSE_SECONDS)
        finally:
            for writer in self._half:
                writer.close()

    async def _batch(self) -> None:
        """A batch of right reports and wrong ones: sent until the gateway has answered for each."""
        records = [*self._mischief.round(), *(self._mischief.right("in a batch") for _ in range(3))]
        wanted = [record for record in records if _fits_a_batch(record)]
        body = b"[" + b",".join(map(_structured, wanted)) + b"]"
        answer = await self._insist(post(body, [self._key, (b"Content-Type", BATCH_CONTENT_TYPE.encode())]))
        for result in answer.json().get("results", ()):
            if result["status"] == _TAKEN:
                self.book.taken.append(wanted[result["index"]])

    async def _insist(self, request: bytes) -> Answer:
        """Send until there is an answer: what was away comes back, and the ids are the same."""
        for _ in range(_ATTEMPTS):
            answers = await self._try([request], whole=True)
            if answers and answers[0].whole and answers[0].status not in _AWAY:
                return answers[0]
            await asyncio.sleep(1)
        raise AssertionError("the gateway gave no answer")

    async def _try(self, parts: Sequence[bytes], *, whole: bool = False) -> list[Answer]:
        try:
            answers = await ask(_HOST, self._port, *parts, patience=None if whole else _PATIENCE_SECONDS)
        except (OSError, TimeoutError) as error:
            self.book.statuses[type(error).__name__] += 1
            return []
        except httptools.HttpParserError as error:
            self.book.wrong.append(f"no HTTP: {error}")
            return []
        self.book.statuses.update(str(answer.status) for answer in answers)
        # A gateway that is killed leaves half an answer, or none; everything else is its own.
        self.book.wrong += complaints(answer for answer in answers if answer.whole)
        return answers

    async def _half_requests(self) -> None:
        """Keep some requests open that never end: their first half, and a byte now and then."""
        for writer in list(self._half):
            with contextlib.suppress(OSError):
                writer.write(b"x")
            if writer.is_closing():
                self._half.remove(writer)
        while len(self._half) < _HALF_REQUESTS:
            try:
                _, writer = await asyncio.open_connection(_HOST, self._port)
            except OSError:
                return
            writer.write(
                self._dice.choice(
                    (b"", b"POST /v1/ev", b"POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\n{")
                )
            )
            self._half.append(writer)

    def _garbage(self) -> Iterator[Sequence[bytes]]:
        structured = (b"Content-Type", STRUCTURED_CONTENT_TYPE.encode())
        # In JSON every byte of a source becomes a character, and an id that is reused by itself is none: these are right.
        known = [record for record in self._mischief.round() if record.value and record.event]
        wrong = [record for record in known if record.code not in (None, "id-reused")]
        for record in self._dice.sample(wrong, 4):
            yield [post(_structured(record), [self._key, structured])]
            yield [
                post(
                    record.value or b"",
                    [self._key, *((k.replace("_", "-").encode(), v or b"") for k, v in record.headers)],
                )
            ]
        yield [post(self._dice.randbytes(self._dice.randint(0, 2000)), [self._key, structured])]
        yield [post(b"[" * 100_000, [self._key, (b"Content-Type", BATCH_CONTENT_TYPE.encode())])]
        yield [post(b"{}", [structured])]
        yield [post(b"{}", [(b"Authorization", self._dice.randbytes(40).hex().encode()), structured])]
        yield [self._dice.randbytes(self._dice.randint(1, 4000))]
        yield [b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"]
        yield [b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-Long: ", *([b"x" * 65536] * 40)]
        yield [post(b" " * (5 * 1024 * 1024), [self._key, structured])]
        yield [b"POST /v1/events HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"]
        yield [b"POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n"]
        yield [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]


def _fits_a_batch(record: Record) -> bool:
    """Say whether a record can stand in a batch without breaking it: what it holds is JSON, in whatever encoding."""
    if record.event is None or record.value is None or len(record.value) > _LARGEST_IN_A_BATCH:
        return False
    try:
        return isinstance(json.loads(record.value.decode("gbk" if record.kind == "gbk" else "utf-8")), dict)
    except ValueError:
        return False


def _structured(record: Record) -> bytes:
    """Return a record as one CloudEvent in JSON: what stands in its headers and its payload, byte for byte."""
    names = {"content-type": "datacontenttype"}
    members = [
        json.dumps(names.get(name, name.removeprefix("ce_"))).encode()
        + b": "
        + json.dumps((value or b"").decode("latin-1")).encode()
        for name, value in record.headers
    ]
    return b"{" + b", ".join([*members, b'"data": ' + (record.value or b"null")]) + b"}"
