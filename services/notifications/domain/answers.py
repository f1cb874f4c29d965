"""What a channel's answer means. Pure readings of SMTP replies and HTTP responses."""

from __future__ import annotations

import json
import re
from typing import Final

from services.notifications.domain.delivery import Answer, Verdict
from services.notifications.domain.letters import inline

_ENHANCED: Final = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")
_TRANSIENT_STATUS: Final = frozenset({408, 425, 429})
_GONE: Final = 410
# Robots answer HTTP 200 to everything and say the truth in `errcode`: -1 and 45009 WeCom busy / over its
# rate, 130101 and 410100 DingTalk over its rate. Every other code needs a person.
_TRANSIENT_ERRCODES: Final = (-1, 45009, 45033, 130101, 410100)


def read_smtp(code: int, text: str) -> Answer:
    """Read an SMTP reply: 2xx taken, 4xx not now, 5xx never (RFC 5321 4.2.1); RFC 3463's code if given."""
    enhanced = _ENHANCED.match(text)
    written = f"{code} {enhanced.group(1)}" if enhanced else str(code)
    if 200 <= code < 300:  # noqa: PLR2004
        return Answer(Verdict.ACCEPTED, written, inline(text))
    verdict = Verdict.TRANSIENT if 400 <= code < 500 else Verdict.PERMANENT  # noqa: PLR2004
    return Answer(verdict, written, inline(text))


def read_http(status: int, body: bytes, retry_after: str | None = None) -> Answer:
    """Read a webhook's response (standard-webhooks): 2xx taken, 410 closes the endpoint, 3xx is a failure.

    Timeouts, rate limits and server errors are tried again; any other refusal needs a person.
    """
    code = str(status)
    if 200 <= status < 300:  # noqa: PLR2004
        return _read_robot(code, body)
    if status == _GONE:
        return Answer(Verdict.PERMANENT, code, closes_endpoint=True)
    if status >= 500 or status in _TRANSIENT_STATUS:  # noqa: PLR2004
        return Answer(Verdict.TRANSIENT, code, wish=_seconds(retry_after))
    return Answer(Verdict.PERMANENT, code)


def _read_robot(code: str, body: bytes) -> Answer:
    try:
        document = json.loads(body) if body.lstrip()[:1] == b"{" else None
    except (ValueError, RecursionError):
        document = None
    errcode = document.get("errcode", 0) if isinstance(document, dict) else 0
    if errcode in (0, "0"):  # some robots write it as text
        return Answer(Verdict.ACCEPTED, code)
    verdict = Verdict.TRANSIENT if errcode in _TRANSIENT_ERRCODES else Verdict.PERMANENT
    return Answer(verdict, f"errcode-{inline(str(errcode))}"[:64])


def _seconds(retry_after: str | None) -> float | None:
    """Return Retry-After's seconds; its date form is ignored, the schedule is good enough."""
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None
