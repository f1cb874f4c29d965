"""The days that a question is about, as query parameters: `from` and `to`, both inclusive.

A route that needs them takes `first: Annotated[Day, FROM]`, a list that is narrowed by them `Annotated[Day | None, FROM] = None`.
Either calls `in_order` and declares `period-reversed`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from fastapi import Query

from services.chassis.web.problems import Problem

FROM: Final = Query(alias="from", description="first day, inclusive, in the city's zone")
TO: Final = Query(alias="to", description="last day, inclusive")


def in_order(first: date | None, last: date | None) -> None:
    """Raise Problem `period-reversed` where the last day comes before the first; an end that is not said is open."""
    if first is not None and last is not None and last < first:
        raise Problem("period-reversed", field="to")
