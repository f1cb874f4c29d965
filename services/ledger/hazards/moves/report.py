"""What a report says, however often it is sent: the first registers a hazard, a later one corrects it."""

from __future__ import annotations

from datetime import date

import msgspec

from duban_contracts.events.types import Channel, Enterprise, Grade


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a county's report says of a hazard.

    `township` is what the report calls it, `township_code` the division that the ledger knows by that, if any.
    """

    channel: Channel
    sector: str
    enterprise: Enterprise
    place: str
    description: str
    found_on: date
    suggested_grade: Grade | None = None
    township: str | None = None
    township_code: str | None = None
    doubts: tuple[str, ...] = ()
