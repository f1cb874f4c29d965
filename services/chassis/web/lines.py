"""The header lines of a request as routes read them, each once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from starlette.types import Scope

HEAD: Final = "HEAD"
# Those that the house reads and that hold lists. Of others the first line counts, or a second one is refused by their reader.
_LISTS: Final = frozenset({b"accept", b"content-encoding", b"if-match", b"if-none-match", b"prefer"})


def settle(scope: Scope) -> None:
    """Make the headers of a request what its routes read: lists joined, and with HEAD nothing to wait for.

    A HEAD has nobody who would be told the news that it waits for (`Prefer: wait`).
    """
    headers = scope["headers"]
    named = [name for name, _ in headers if name in _LISTS]
    if len(named) > len(set(named)):
        headers = scope["headers"] = joined(headers)
    if scope["method"] == HEAD and b"prefer" in named:
        scope["headers"] = [line for line in headers if line[0] != b"prefer"]


def is_head(scope: Scope, methods: Collection[str] | None) -> bool:
    """Say whether a request asks with HEAD for what knows GET."""
    return scope["method"] == HEAD and "GET" in (methods or ())


def joined(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return headers with several lines of one list as one, where the first stands (RFC 9110 §5.3); others as they came."""
    found: list[tuple[bytes, bytes]] = []
    places: dict[bytes, int] = {}
    for name, value in headers:
        if name in places:
            found[places[name]] = (name, found[places[name]][1] + b", " + value)
            continue
        if name in _LISTS:
            places[name] = len(found)
        found.append((name, value))
    return found
