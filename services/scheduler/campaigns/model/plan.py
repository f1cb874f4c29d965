"""A plan (年度任务表、工作要点): its year, where it is printed, and what it requires of itself."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from duban_contracts.events.types import Code, ShortText, Unit
from services.scheduler.duties.model.duty import Demands, PlanCode, Printed
from services.scheduler.duties.model.periods import Period


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """One mechanism (机制) of a plan: work of `kind` is planned at least `count` times in every calendar `period`.

    `leads` are the units that the text names; `by_departments` says that departments carry it out, so that another
    lead than the text's is no contradiction. `follow_up` is the kind of work that has to follow each one in the same
    month; `year_end` says that one has to lie in December; `per` names a roster of which each member needs its own, and
    `hears` one that has to be covered in the year; `at_enterprises` wants it at enterprises of a sector.
    """

    number: int
    kind: Code
    name: ShortText
    period: Period
    count: Annotated[int, Meta(ge=1, le=100)] = 1
    leads: tuple[Unit, ...] = ()
    by_departments: bool = False
    follow_up: Code | None = None
    year_end: bool = False
    per: Code | None = None
    hears: Code | None = None
    at_enterprises: bool = False
    evidence: Demands = ()
    printed: Printed = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan of the days from `starts_on` to `ends_on`, inclusive."""

    code: PlanCode
    title: ShortText
    document: ShortText
    starts_on: date
    ends_on: date
    requirements: tuple[Requirement, ...] = ()
