"""What other systems really sent (contracts/tests/cases), and what bytes become when they are damaged."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

from deploy.local.settings import ROOT

CASES: Final = ROOT / "contracts" / "tests" / "cases"
_EVENT: Final = {"specversion", "id", "source", "type", "data"}
_MOST_BYTES: Final = 20_000
# What parsers, calendars, codecs and databases are known to trip over.
_MAGIC: Final = (
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    "安全".encode("gbk"),
    b"\\ud800",
    b"\\u0000",
    b"[" * 3000,
    b'{"a":' * 3000,
    b"1e400",
    b"-" + b"9" * 5000,
    b"NaN",
    b"9999-12-31T23:59:59-12:00",
    b"0001-01-01T00:00:00+14:00",
    b'"id":"again",',
    b"\xe2\x80\xae",
    b"\r\n\r\n",
    b"\r\nContent-Length: 3\r\n",
    b"\r\nTransfer-Encoding: chunked\r\n",
    b"%00",
    b"\xe3\x80\x80",
)


def documents() -> list[bytes]:
    """Return every document of the cases: whole files, and the events and payloads inside of them."""
    found = [path.read_bytes() for path in sorted(CASES.rglob("*.json"))]
    for whole in list(found):
        try:
            held = json.loads(whole)
        except ValueError:
            continue
        found += _inside(held)
    return list(dict.fromkeys(found))


def _inside(held: Any) -> Iterator[bytes]:
    if isinstance(held, list):
        for one in held:
            yield from _inside(one)
    elif isinstance(held, dict):
        if held.keys() >= _EVENT:
            yield json.dumps(held, ensure_ascii=False).encode()
        for name, value in held.items():
            if name.endswith("_base64") and isinstance(value, str):
                yield base64.b64decode(value)
            elif name == "payload" and isinstance(value, str):
                yield value.encode()
            else:
                yield from _inside(value)


def damaged(original: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    """Return bytes that were damaged in one to three ways, as disks, editors, proxies and other alphabets do it."""
    data = bytearray(original)
    for _ in range(dice.randint(1, 3)):
        at = dice.randint(0, len(data))
        end = min(len(data), at + dice.randint(1, 40))
        match dice.randrange(7):
            case 0 if data:
                data[min(at, len(data) - 1)] ^= 1 << dice.randrange(8)
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end] * dice.randint(1, 5)
            case 3:
                del data[at:]
            case 4:
                other = dice.choice(others)
                begin = dice.randint(0, len(other))
                data[at:end] = other[begin : begin + dice.randint(1, 200)]
            case 5:
                data[at:at] = dice.randbytes(dice.randint(1, 30))
            case _:
                data[at:at] = dice.choice(_MAGIC)
    return bytes(data[:_MOST_BYTES])
