"""The form in which three-year campaigns are printed: plans, phases, actions, items and reports."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(min_length=1, max_length=500)]


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline of an item."""

    date: date
    what: Text


class Periodic(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an item asks for again and again."""

    who: Text
    what: Text
    frequency: str
    min_count: Annotated[int, Meta(ge=1, le=100)] = 1


class PartOf(msgspec.Struct, frozen=True, kw_only=True):
    """A unit of an item, and what it does there."""

    unit: str
    role: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One item (条) of an action."""

    no: Annotated[int, Meta(ge=1, le=999)]
    title_zh: Annotated[str, Meta(min_length=1, max_length=150)]
    roles: Annotated[tuple[PartOf, ...], Meta(max_length=40)] = ()
    deadlines: Annotated[tuple[Dated, ...], Meta(max_length=20)] = ()
    periodic_duties: Annotated[tuple[Periodic, ...], Meta(max_length=20)] = ()
    sectors: tuple[str, ...] = ()


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One action (行动); its items are read one by one."""

    no: int
    code: str
    name_zh: Annotated[str, Meta(min_length=1, max_length=200)]
    items: list[Any] = []


class PhaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One phase as the JSON has it."""

    no: Annotated[int, Meta(ge=1)]
    name_zh: Annotated[str, Meta(min_length=1, max_length=200)]
    start: date
    end: date
    outputs: tuple[Text, ...] = ()
    end_printed: str = ""


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One goal as the JSON has it."""

    date: date
    target: Text


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported to the office, and when."""

    what: Text
    who: Text
    due: str | None = None
    recurrence: str | None = None


class CityPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One city's plan; its actions are read one by one."""

    source_file: str
    city_zh: Annotated[str, Meta(min_length=1, max_length=100)]
    doc_no_zh: Annotated[str, Meta(min_length=1, max_length=200)]
    issued_on: date
    period: Annotated[str, Meta(pattern=r"^2[0-9]{3}/2[0-9]{3}$")]
    targets: tuple[Goal, ...] = ()
    phases: tuple[PhaseRow, ...] = ()
    reporting: tuple[Report, ...] = ()
    actions: Annotated[list[Any], Meta(min_length=1, max_length=50)]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The document: one plan for each city."""

    plans: Annotated[list[Any], Meta(min_length=1, max_length=50)]
