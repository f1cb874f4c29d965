"""The numbers that hazards get, `<county>-<year>-<serial>`: handed out by county and year, without gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from services.chassis.storage.database import Connection
from services.ledger.hazards.tables import hazard_rows

_SERIAL_DIGITS: Final = 6

Numbers = Mapping[str, Iterator[str]]
"""Per county, the numbers that the hazards of one transaction get."""


async def take_numbers(connection: Connection, year: int, wanted: Mapping[str, int]) -> Numbers:
    """Return per county as many numbers as are wanted; a transaction that fails gives them back."""
    if not wanted:
        return {}
    first = await hazard_rows.next_serials(connection, year, wanted)
    return {county: _serials(county, year, first[county], count) for county, count in wanted.items()}


def _serials(county: str, year: int, first: int, count: int) -> Iterator[str]:
    for serial in range(first, first + count):
        yield f"{county}-{year}-{serial:0{_SERIAL_DIGITS}d}"
