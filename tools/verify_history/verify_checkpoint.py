#!/usr/bin/env python3
"""Hold an export of the ledger's history against signed checkpoints, offline.

Standard library only; shares no code with the service, nor with `duban-contracts verify`.

The export is what verify_history.py takes. A checkpoint is a signed note of C2SP's tlog-checkpoint: origin, number of
records, root (base64), an empty line, signatures. The root is the Merkle tree hash of RFC 6962 §2.1 over the first so many
records in order of position; an entry is the fields below, each preceded by its length in bytes as 8 octets, big-endian:

    "duban-record-1", hazard_id, version (decimal), event_id, type, time, cause_id, payload

Exit status: 0 every checkpoint is signed and is the root of this history, 1 one is not, 2 not readable.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

# Ed25519 (RFC 8032 §5.1, §6), verification only: everything here is public.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


class Unreadable(Exception):
    """A file is not what it should be."""


def entry(record: dict[str, str]) -> bytes:
    """Return the bytes under the leaf of one record of the export."""
    fields = ("hazard_id", "version", "event_id", "type", "time", "cause_id", "payload")
    parts = [b"duban-record-1", *(str(record[field]).encode() for field in fields)]
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def roots(entries: Iterable[bytes], wanted: set[int]) -> Iterator[tuple[int, bytes]]:
    """Yield (size, root) of each wanted size, as the tree grows leaf by leaf: a stack of full subtrees, largest first."""
    stack: list[tuple[int, bytes]] = []
    for size, leaf in enumerate(entries, 1):
        stack.append((1, hashlib.sha256(b"\x00" + leaf).digest()))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (count, right), (_, left) = stack.pop(), stack.pop()
            stack.append((2 * count, hashlib.sha256(b"\x01" + left + right).digest()))
        if size in wanted:
            root = stack[-1][1]
            for _, left in reversed(stack[:-1]):
                root = hashlib.sha256(b"\x01" + left + root).digest()
            yield size, root


def read(path: str) -> list[dict[str, str]]:
    """Return the records of an export in order of position; raises Unreadable."""
    try:
        lines = Path(path).read_text(encoding="utf-8").split("\n")
        found = [json.loads(line) for line in lines if line.strip()]
        return sorted(found, key=lambda record: record["position"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{path}: no export ({error})") from error


def checkpoint(path: str, keys: Sequence[str]) -> tuple[int, bytes, bool]:
    """Return the size and root of a note and whether the log's own key is one of ours and signed it; raises Unreadable."""
    try:
        text, _, signatures = Path(path).read_text(encoding="utf-8").rpartition("\n\n")
        text += "\n"
        origin, size, root = text.splitlines()[:3]
        signed = [line.split(" ") for line in signatures.splitlines()]
        verified = any(
            name == key_name == origin and base64.b64decode(raw)[:4].hex() == key_id and _is_signed(text, key, raw)
            for _, name, raw in signed
            for key_name, key_id, key in (each.split("+", 2) for each in keys)
        )
        return int(size), base64.b64decode(root, validate=True), verified
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: no checkpoint ({error})") from error


def _is_signed(text: str, key: str, raw: str) -> bool:
    return verify(base64.b64decode(key)[1:], text.encode(), base64.b64decode(raw)[4:])


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether this is the Ed25519 signature of `message` by the key `public`."""
    if len(public) != 32 or len(signature) != 64:  # noqa: PLR2004 - RFC 8032
        return False
    a, r, s = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    base = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    return base is not None and _equal(_times(s, base), _add(r, _times(h, a)))


def _point(encoded: bytes) -> Point | None:
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _add(left: Point, right: Point) -> Point:
    a = (left[1] - left[0]) * (right[1] - right[0]) % P
    b = (left[1] + left[0]) * (right[1] + right[0]) % P
    c = 2 * left[3] * right[3] * D % P
    d = 2 * left[2] * right[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            found = _add(found, point)
        point, factor = _add(point, point), factor >> 1
    return found


def _equal(left: Point, right: Point) -> bool:
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def complaints(history: list[dict[str, str]], notes: dict[str, tuple[int, bytes, bool]]) -> Iterator[str]:
    """Yield what is wrong with each checkpoint."""
    found = dict(roots((entry(record) for record in history), {size for size, _, _ in notes.values()}))
    for name, (size, root, is_signed) in notes.items():
        if not is_signed:
            yield f"{name}: is signed by no key that is trusted to speak for its log"
        elif size not in found:
            yield f"{name}: holds {size} records, the export {len(history)}"
        elif found[size] != root:
            yield f"{name}: is not the root of the first {size} records: history was rewritten"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, say what was found, and return the exit status."""
    parser = argparse.ArgumentParser(description="Hold an export of the history against signed checkpoints.")
    parser.add_argument("export", help="JSON lines, whole")
    parser.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT", help="a signed note")
    parser.add_argument(
        "--key", action="append", required=True, help="a verifier key that you trust, or a file of them"
    )
    options = parser.parse_args(arguments)
    try:
        given = [Path(key).read_text(encoding="utf-8") if Path(key).is_file() else key for key in options.key]
        keys = [line.strip() for text in given for line in text.splitlines() if line.strip()]
        history, notes = read(options.export), {path: checkpoint(path, keys) for path in options.checkpoints}
    except Unreadable as error:
        sys.stdout.write(f"unreadable: {error}\n")
        return 2
    broken = list(complaints(history, notes))
    sys.stdout.writelines(f"BROKEN {complaint}\n" for complaint in broken)
    sizes = sorted(size for size, _, _ in notes.values())
    verdict = "BROKEN" if broken else "whole"
    sys.stdout.write(f"{len(notes)} checkpoints, up to {sizes[-1]} of {len(history)} records: {verdict}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
