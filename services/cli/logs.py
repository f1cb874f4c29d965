"""The services' recent log lines, for whoever helps from outside: bounded, and without what could name a person or open a door.

They are read where they are kept: below DUBAN_LOGS, `<process>.log` as `make up` writes them, or `<process>/<day>.log` and
`.log.gz` as the shippers of compose and Kubernetes do (docs/operations.md#logs). Of a line only the fields stay that are named
here, of an error its kind and where in our code it came up; another field is there with `…` for a value.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

HIDDEN: Final = "…"
# Words, codes, counts and ids of our own making: none says who somebody is, what was written, or by which key somebody came. They
# stay where our own code says them, and as far as they look like that: a county may call its event by a person's number.
KEPT: Final = frozenset(
    {
        *(
            "timestamp",
            "level",
            "logger",
            "service",
            "traceparent",
            "method",
            "route",
            "status",
            "milliseconds",
            "lane",
        ),
        *("event_id", "hazard_id", "letter_id", "delivery_id", "task_id", "duty_id", "county", "consumer", "topic"),
        *("partition", "offset", "attempt", "outcome", "code", "kind", "channel", "role", "roles", "version", "work"),
        *("migration", "migrations", "events", "receipts", "clocks", "dead_letters", "held", "failures", "tries_left"),
        *("seconds", "size", "seats", "requests", "days", "action", "dimension"),
    }
)
_OF_EVERY_LINE: Final = frozenset({"timestamp", "level", "logger", "service"})
_OURS: Final = "services."
_HEX: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_WORD: Final = re.compile(r"[A-Za-z0-9._:/{}+-]{1,120}")
# A county's code has six digits, a telephone's number eleven.
_MANY_DIGITS: Final = re.compile(r"[0-9]{7}")
_KIND_OF_ERROR: Final = re.compile(r"[A-Z][A-Za-z]+(?:Error|Exception|Timeout|Failed)")
_LARGEST: Final = 10**10
# Of a day's file no more than this is read from its end for each byte that may be kept: lines that are left out are not told apart before.
_READ_FOR_EACH: Final = 8
_PROCESS: Final = r"(?:^|[-_]){}(?:[-_]|$)"


@dataclass(frozen=True, slots=True)
class Recent:
    """What was found: the lines in their order, and how many were left out for want of room."""

    lines: tuple[str, ...]
    left_out: int


def recent(place: Path, service: str, since: datetime, most_bytes: int) -> Recent:
    """Return the newest lines of a service's processes since then, `most_bytes` at most. Raises OSError."""
    kept: deque[str] = deque()
    size, left_out = 0, 0
    for file in _files(place, service, since):
        for line in _ends(file, most_bytes * _READ_FOR_EACH):
            told = redacted(line)
            if told is None or told["timestamp"] < f"{since:%Y-%m-%dT%H:%M:%S}":
                continue
            text = json.dumps(told, ensure_ascii=False) + "\n"
            kept.append(text)
            size += len(text.encode())
            while size > most_bytes:
                size -= len(kept.popleft().encode())
                left_out += 1
    return Recent(tuple(kept), left_out)


def redacted(line: str) -> dict[str, Any] | None:
    """Return a line without what nobody outside may see; None of a line that is none of ours."""
    try:
        told = json.loads(line)
    except ValueError:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("timestamp"), str):
        return None
    ours = str(told.get("logger", "")).startswith(_OURS)
    return {name: _field(name, each, ours=ours) for name, each in told.items()}


def _field(name: str, each: Any, *, ours: bool) -> Any:
    if name == "exception" and isinstance(each, list):
        return [_exception(one) for one in each]
    # What our own code says happened is constant; a library's message may hold anything.
    if name == "event" and ours and isinstance(each, str):
        return each
    if name in _OF_EVERY_LINE or (name in KEPT and ours):
        several = each if isinstance(each, list) else [each]
        return each if all(_is_of_our_making(name, one) for one in several) else HIDDEN
    return each if isinstance(each, str) and _KIND_OF_ERROR.fullmatch(each) else HIDDEN


def _is_of_our_making(name: str, each: Any) -> bool:
    if isinstance(each, str):
        if _HEX.fullmatch(each):
            return True
        # What we call an event is a UUID; everything else is a county's name for it.
        return name != "event_id" and bool(_WORD.fullmatch(each)) and not _MANY_DIGITS.search(each)
    return each is None or (isinstance(each, bool | int | float) and abs(each) < _LARGEST)


def _exception(one: Any) -> Any:
    if not isinstance(one, dict):
        return HIDDEN
    frames = [
        {name: frame.get(name) for name in ("filename", "lineno", "name")}
        for frame in one.get("frames", ())
        if isinstance(frame, dict)
    ]
    return {"exc_type": one.get("exc_type"), "frames": frames}


def _files(place: Path, service: str, since: datetime) -> list[Path]:
    """Return the files of a service's processes that were written to since then, oldest first."""
    process = re.compile(_PROCESS.format(re.escape(service)))
    flat = [file for file in place.glob("*.log*") if process.search(file.name.partition(".log")[0])]
    daily = [file for file in place.glob("*/*.log*") if process.search(file.parent.name)]
    dated = [(file.stat().st_mtime, file) for file in flat + daily]
    return [file for at, file in sorted(dated) if datetime.fromtimestamp(at, UTC) >= since]


def _ends(file: Path, most_bytes: int) -> Iterator[str]:
    """Yield the lines at the end of a file, whole ones."""
    if file.suffix == ".gz":
        with gzip.open(file, "rt", encoding="utf-8", errors="replace") as packed:
            yield from packed
        return
    with file.open("rb") as opened:
        beginning = file.stat().st_size - most_bytes
        if beginning > 0:
            opened.seek(beginning)
            opened.readline()
        for line in opened:
            yield line.decode("utf-8", errors="replace")
