"""What HTTP says of a hazard's timeline: its history, and the letters about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import msgspec

from duban_contracts.codec import lookup
from duban_contracts.times import format_time
from services.chassis.web.documents import Document
from services.ledger.history.documents import HistoryItem
from services.ledger.history.model import Record
from services.ledger.supervision.tables import TimelineEntry


class TimelineHistory(HistoryItem, frozen=True, kw_only=True, tag_field="kind", tag="history"):
    """One event of the hazard's own history."""


class TimelineNotice(Document, frozen=True, kw_only=True, tag_field="kind", tag="notice"):
    """What became of a letter about the hazard."""

    event_id: str
    type: str
    title: str
    time: str
    payload: msgspec.Raw

    @classmethod
    def of(cls, entry: TimelineEntry) -> Self:
        """Return the item of a notice."""
        return cls(
            event_id=entry.event_id,
            type=entry.type,
            title=lookup(entry.type).title_zh,
            time=format_time(entry.occurred_at),
            payload=msgspec.Raw(entry.payload),
        )


class Timeline(Document, frozen=True, kw_only=True):
    """What happened to a hazard and what was written about it, in order of time."""

    items: list[TimelineHistory | TimelineNotice]

    @classmethod
    def of(cls, records: Iterable[Record], notices: Iterable[TimelineEntry]) -> Self:
        """Return the timeline of a hazard, to the second.

        History comes first among equals; its own order is that of its versions, whatever the instants say.
        """
        items: list[TimelineHistory | TimelineNotice] = [TimelineHistory.of(record) for record in records]
        items += [TimelineNotice.of(notice) for notice in notices]
        return cls(items=sorted(items, key=lambda item: item.time[: len("2026-11-21T04:00:00")]))
