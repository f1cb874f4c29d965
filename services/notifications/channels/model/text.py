"""Text on its way in and out: foreign text on one line, a letter's text cut to what a channel takes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Final

_ADDRESS: Final = re.compile(r"[^\s<>@:;,\"]+@[^\s<>@:;,\"]+")
# Stands where a text was cut, so that nobody takes the rest for the whole.
CUT: Final = "\n……（全文从略，以文书系统所载为准）"


def one_line(text: str) -> str:
    """Return foreign text fit for one line of a letter or header: no control or line-breaking characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def readable(text: str) -> str:
    """Return foreign text without lone surrogates, which no database and no event can hold.

    Clients hand over bytes that are no UTF-8 as surrogates: they are read as GB 18030, which mail servers of this
    country speak, and what isn't that is shown escaped.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        pass
    else:
        return text
    try:
        return text.encode(errors="surrogateescape").decode("gb18030")
    except UnicodeError:
        return text.encode(errors="backslashreplace").decode()


def without_addresses(text: str) -> str:
    """Return a mail server's text, readable, without the mailboxes that it quotes: addresses stand in one table only."""
    # Made readable first: the second byte of a sign in GBK may be that of "@".
    return _ADDRESS.sub("<address>", readable(text))


def fitted(text: str, longest: int | None, size: Callable[[str], int]) -> str:
    """Return `text`, cut so that its `size` is at most `longest` and it says that it was; None means no limit.

    A longer beginning of a text is never smaller. Raises ValueError for a limit that has no room for saying so.
    """
    if longest is None or size(text) <= longest:
        return text
    signs = bisect_right(range(len(text)), longest, key=lambda signs: size(text[:signs] + CUT)) - 1
    if signs < 0:
        raise ValueError(f"{longest} bytes have no room to say that a text was cut")
    return text[:signs] + CUT
