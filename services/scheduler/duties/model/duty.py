"""A duty (周期职责) and its versions."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from duban_contracts.events.types import Account, Code, LongText, Sector, ShortText, Unit
from services.scheduler.duties.model.rules import Rule

DutyId = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$",
        min_length=1,
        max_length=64,
        description="stable for life: the ids of a duty's tasks follow from it",
    ),
]
PlanCode = Annotated[
    str,
    Meta(pattern=r"^[0-9a-z][0-9a-z-]{0,62}$", min_length=1, max_length=63, description="code of a plan or campaign"),
]
Printed = Annotated[str, Meta(max_length=500, description="words of the document, as printed", extra={"text": "loose"})]
Demands = Annotated[tuple[ShortText, ...], Meta(max_length=50)]


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a duty is written: the document, which of several plans inside it, and the item as printed."""

    document: ShortText
    item: ShortText
    plan_no: int | None = None


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has to do, how often or by when, and what has to be shown for it.

    `lead` owns the tasks and `helpers` assist. `per` names the roster of whom each member has a task of its own; None:
    one task, the lead's. `awaits` names duties whose tasks of the same period have to be filed before. `who`, `leader`
    (责任领导) and `scope` keep the printed words; `assumed` says, one by one, what was read into them (定期 as every three
    months). `kept_by` is the service that keeps the duty; only the scheduler's become tasks. A duty holds from
    `valid_from` to `valid_until`, both inclusive.
    """

    duty_id: DutyId
    kind: Code
    title: ShortText
    rule: Rule
    valid_from: date
    valid_until: date | None = None
    lead: Unit | None = None
    helpers: Annotated[tuple[Unit, ...], Meta(max_length=30)] = ()
    per: Code | None = None
    sectors: Annotated[tuple[Sector, ...], Meta(max_length=30)] = ()
    who: Printed = ""
    leader: Printed = ""
    scope: Printed = ""
    evidence: Demands = ()
    figures: Annotated[tuple[Code, ...], Meta(max_length=50)] = ()
    approvals: Annotated[tuple[Code, ...], Meta(max_length=10)] = ()
    awaits: Annotated[tuple[DutyId, ...], Meta(max_length=20)] = ()
    plan: PlanCode | None = None
    campaign: PlanCode | None = None
    phase: ShortText | None = None
    kept_by: Code = "scheduler"
    source: Origin
    printed: ShortText | None = None
    assumed: Demands = ()

    @property
    def is_plannable(self) -> bool:
        """Whether tasks can be made of it: it is the scheduler's, and somebody answers for them."""
        return self.kept_by == "scheduler" and (self.lead is not None or self.per is not None)


class DutyState(StrEnum):
    """Whether a duty holds."""

    IN_FORCE = "in_force"
    CANCELLED = "cancelled"


class DutyVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a duty. The newest holds from its `effective_on`; before that day the ones before it did.

    `reason` says why it was changed or cancelled.
    """

    version: Annotated[int, Meta(ge=1)]
    state: DutyState
    duty: Duty
    effective_on: date
    recorded_at: datetime
    recorded_by: Account
    reason: LongText | None = None
