"""Whoever needs few types looks into those alone; what names no type may be one of them."""

from __future__ import annotations

from datetime import UTC, datetime

from services.chassis.consuming.deliveries import RawRecord, of_types


def record(offset: int, *headers: tuple[str, bytes]) -> RawRecord:
    return RawRecord("ledger.hazard.v1", 0, offset, datetime(2026, 6, 1, tzinfo=UTC), b"h", b"{}", headers)


NEEDED = record(1, ("ce_id", b"e"), ("ce_type", b"duban.hazard.closed.v1"))
OTHER = record(2, ("ce_type", b"duban.hazard.planned.v1"))
NAMELESS = record(3, ("ce_id", b"e"))
BROKEN = record(4, ("ce_type", b"\xff"))


def test_of_some_types_only_these_and_what_names_none_are_looked_into() -> None:
    assert of_types([NEEDED, OTHER, NAMELESS, BROKEN], {"duban.hazard.closed.v1"}) == [NEEDED, NAMELESS]


def test_who_needs_everything_looks_into_everything() -> None:
    assert of_types([NEEDED, OTHER, NAMELESS, BROKEN], frozenset()) == [NEEDED, OTHER, NAMELESS, BROKEN]
