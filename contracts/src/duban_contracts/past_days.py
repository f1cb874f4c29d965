"""Days that can't be true: after today, or before the city's first, in a field that says of itself that its day has come.

The fields say it (`past` in :mod:`duban_contracts.events.marks`), so that every event is checked at every depth without being
named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from duban_contracts.admissible.dates import Present
from duban_contracts.refusals import Refusal, violation

_Judge = Callable[[Any, str, Present], Iterator[Refusal]]


def impossible_days(data: msgspec.Struct, path: str, present: Present) -> Iterator[Refusal]:
    """Yield what of the days in `data`, a decoded struct that stands at `path`, can't be true at present."""
    for name, judge in _judges(type(data)):
        yield from judge(getattr(data, name), f"{path}.{name}", present)


@cache
def _judges(model: type[msgspec.Struct]) -> tuple[tuple[str, _Judge], ...]:
    """Return the fields of a struct in which a day is judged, and how: most have none."""
    judged = ((field.name, _of_type(field.type)) for field in msgspec.structs.fields(model))
    return tuple((name, judge) for name, judge in judged if judge is not None)


def _of_type(kind: Any) -> _Judge | None:
    return _of_described(inspect.type_info(kind))


def _of_described(described: inspect.Type) -> _Judge | None:
    if isinstance(described, inspect.Metadata):
        extra = described.extra or {}
        return _day(extra["future"], grace=extra["grace"]) if "future" in extra else _of_described(described.type)
    if isinstance(described, inspect.StructType):
        return _of_struct if _judges(described.cls) else None
    if isinstance(described, inspect.UnionType):
        judges = {judge for each in described.types if (judge := _of_described(each)) is not None}
        if len(judges) > 1:
            raise NotImplementedError("days of several kinds in one field are not used in this contract")
        return judges.pop() if judges else None
    if isinstance(described, inspect.VarTupleType | inspect.ListType):
        judge = _of_described(described.item_type)
        return None if judge is None else _of_items(judge)
    return None


def _of_struct(value: Any, path: str, present: Present) -> Iterator[Refusal]:
    return iter(()) if value is None else impossible_days(value, path, present)


def _of_items(judge: _Judge) -> _Judge:
    def judged(value: Any, path: str, present: Present) -> Iterator[Refusal]:
        for place, item in enumerate(value or ()):
            yield from judge(item, f"{path}[{place}]", present)

    return judged


def _day(code: str, *, grace: bool) -> _Judge:
    def judged(day: Any, path: str, present: Present) -> Iterator[Refusal]:
        if not isinstance(day, date):
            return
        if day > (present.latest_found if grace else present.today):
            yield violation(code, path, today=present.today.isoformat(), zone=present.zone)
        elif day < present.bounds.earliest:
            yield violation("date-too-early", path, earliest=present.bounds.earliest.isoformat())

    return judged
