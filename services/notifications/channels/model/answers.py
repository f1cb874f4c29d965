"""What a channel's answer means. Pure readings of SMTP replies and HTTP responses."""

from __future__ import annotations

import enum
import json
import re
import zlib
from dataclasses import dataclass
from typing import Final

from services.notifications.channels.model.text import one_line, readable

_ENHANCED: Final = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")
_TAKEN: Final = 2
_SERVER_ERROR: Final = 5
_TRANSIENT_STATUS: Final = frozenset({408, 425, 429})
_GONE: Final = 410
_LONGEST_CODE: Final = 64
_LONGEST_DETAIL: Final = 300
# As much of an answer as is looked at: it holds a robot's errcode, or nothing of interest.
LONGEST_BODY: Final = 64 * 1024
_ZLIB_OR_GZIP: Final = 47
# A code that is nothing but blanks says nothing, and a notice wants one.
_NO_CODE: Final = "unknown"


class Verdict(enum.StrEnum):
    """What the channel's answer means: taken, not now, never, or nobody knows."""

    ACCEPTED = "accepted"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


class Away(enum.StrEnum):
    """How a channel was away, so that nothing was said about the letter itself."""

    UNREACHED = "unreached"  # no connection, no log-in: asking for one tells when it is back
    UNSERVED = "unserved"  # reached, and unable to take anything just now: only a letter that it takes tells


@dataclass(frozen=True, slots=True)
class Answer:
    """The channel's own answer: `code` as the channel writes it (`550 5.1.1`, `503`, `errcode-93000`).

    `retry_after` is what the receiver asks for, in seconds; `closes_endpoint` says that it wants no more messages at
    all; `away` that it was the channel that was in the way, and not the letter, and that it named no time; `asked` that this is
    an answer to this letter, and not to one before, after which the channel is left alone for a while. `code` and
    `detail` are made fit for a row and a notice here, whatever a receiver wrote: no answer can fail to be recorded
    because of its text.
    """

    verdict: Verdict
    code: str
    detail: str = ""
    retry_after: float | None = None
    closes_endpoint: bool = False
    away: Away | None = None
    asked: bool = True

    def __post_init__(self) -> None:
        """Clean both texts: one line, no surrogates or control characters, cut to length."""
        object.__setattr__(self, "code", _kept(self.code, _LONGEST_CODE) or _NO_CODE)
        object.__setattr__(self, "detail", _kept(self.detail, _LONGEST_DETAIL))


def _kept(text: str, longest: int) -> str:
    return one_line(readable(text))[:longest].rstrip()


@dataclass(frozen=True, slots=True)
class Response:
    """What came back over HTTP; `retry_after` as the header has it."""

    status: int
    body: bytes = b""
    retry_after: str | None = None


_SMTP: Final = {2: Verdict.ACCEPTED, 4: Verdict.TRANSIENT}
# RFC 5321 4.2.3: the service isn't available; RFC 3463 3.4: a mail system that is full or takes nothing just now.
_CLOSING: Final = 421
_SYSTEM: Final = "4.3."


def read_smtp(code: int, text: str) -> Answer:
    """Read an SMTP reply: 2xx taken, 4xx not now, 5xx never (RFC 5321 4.2.1); RFC 3463's code if given."""
    enhanced = _ENHANCED.match(text)
    written = f"{code} {enhanced.group(1)}" if enhanced else str(code)
    verdict = _SMTP.get(code // 100, Verdict.PERMANENT)
    system = code == _CLOSING or (enhanced is not None and enhanced.group(1).startswith(_SYSTEM))
    return Answer(verdict, written, text, away=Away.UNSERVED if system and verdict is Verdict.TRANSIENT else None)


def read_http(response: Response, *, busy: tuple[int, ...] = ()) -> Answer:
    """Read a webhook's response (standard-webhooks): 2xx taken, 410 closes the endpoint, 3xx is a failure.

    Timeouts, rate limits and server errors are tried again; any other refusal needs a person. Robots answer 200 to
    everything, so their `errcode` counts too: those of `busy` say not now, all others but 0 never.
    """
    code, hundred = str(response.status), response.status // 100
    if hundred == _TAKEN:
        return _read_errcode(code, response.body, busy)
    if response.status == _GONE:
        return Answer(Verdict.PERMANENT, code, closes_endpoint=True)
    if hundred >= _SERVER_ERROR or response.status in _TRANSIENT_STATUS:
        asked = _seconds(response.retry_after)
        away = Away.UNSERVED if hundred >= _SERVER_ERROR and asked is None else None
        return Answer(Verdict.TRANSIENT, code, retry_after=asked, away=away)
    return Answer(Verdict.PERMANENT, code)


def unpacked(body: bytes, encoding: str | None) -> bytes:
    """Return a body without its Content-Encoding, at most LONGEST_BODY bytes of it; empty where it can't be unpacked.

    An answer of a few bytes may unpack to gigabytes, so nothing else may unpack it.
    """
    if encoding is None or encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return body[:LONGEST_BODY]
    try:
        return zlib.decompressobj(_ZLIB_OR_GZIP).decompress(body, LONGEST_BODY)
    except zlib.error:
        return b""


def _read_errcode(code: str, body: bytes, busy: tuple[int, ...]) -> Answer:
    errcode = _errcode(body)
    if errcode in (0, "0"):  # some robots write it as text
        return Answer(Verdict.ACCEPTED, code)
    verdict = Verdict.TRANSIENT if errcode in busy else Verdict.PERMANENT
    return Answer(verdict, f"errcode-{errcode}")


def _errcode(body: bytes) -> object:
    """Return the `errcode` of a JSON object, in GB 18030 too; 0 for any other body, since most receivers know none."""
    for encoding in (json.detect_encoding(body), "gb18030"):
        try:
            document = json.loads(body.decode(encoding))
        except (ValueError, RecursionError):
            continue
        return document.get("errcode", 0) if isinstance(document, dict) else 0
    return 0


def _seconds(retry_after: str | None) -> float | None:
    """Return Retry-After's seconds; its date form is ignored, the schedule is good enough."""
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None
