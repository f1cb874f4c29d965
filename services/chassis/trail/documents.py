"""What HTTP says of the trail."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Self

import msgspec

from services.chassis.trail.model import TrailRecord
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class ByTime(Cursor, frozen=True, tag="trail"):
    """Where a page of the trail ends."""

    at: datetime
    position: int


class TrailItem(Document, frozen=True, kw_only=True):
    """One row: who, when, from where, what, on what, and how it ended; `times` acts alike in everything but their instant.

    `objects` are what the address names and what was changed, `events` the ids of the events that say what changed.
    """

    position: int
    at: datetime
    account: str | None
    role: str | None
    source: str | None
    action: str
    method: str | None
    route: str | None
    objects: list[str]
    events: list[str]
    outcome: str
    status: int | None
    code: str | None
    reason: str | None
    times: int
    trace: str | None

    @classmethod
    def of(cls, record: TrailRecord) -> Self:
        """Return the item of a row."""
        return cls(**{name: getattr(record, name) for name in cls.__struct_fields__})


def lines_of(items: Sequence[TrailItem]) -> bytes:
    """Return the rows as JSON, one a line."""
    return b"".join(msgspec.json.encode(item) + b"\n" for item in items)


def csv_of(items: Sequence[TrailItem], *, with_names: bool = True) -> bytes:
    """Return the rows as CSV (RFC 4180) under their names, in UTF-8 with the mark by which spreadsheets know it."""
    text = io.StringIO()
    writer = csv.writer(text)
    if with_names:
        writer.writerow(TrailItem.__struct_fields__)
    writer.writerows([_cell(getattr(item, name)) for name in TrailItem.__struct_fields__] for item in items)
    return text.getvalue().encode("utf-8-sig" if with_names else "utf-8")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    text = " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
