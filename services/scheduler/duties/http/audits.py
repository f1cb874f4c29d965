"""The self-audit of planning over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Self

import msgspec
from fastapi import Depends
from msgspec import Meta

from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CITY_OFFICES, CITY_REGULATORS, OPERATORS
from services.chassis.web.documents import Document
from services.chassis.web.routes import Router
from services.scheduler.duties.handlers.audit import Deps, PlanDiscrepancy, PlanningAudit, PlanningDiscrepancy, look

READ: Final = Action(
    "scheduler.duties.audit", "查看计划自查", roles=OPERATORS | CITY_OFFICES | CITY_REGULATORS, reach=Reach.CITY
)
_SHOWN: Final = 1000


class PlanningFinding(Document, frozen=True, kw_only=True):
    """A task that should stand and doesn't, or that stands in a plan though no duty asks for it, or asks for it otherwise."""

    task_id: str
    duty_id: str
    period: str
    member: Annotated[str | None, Meta(description="the roster member that the task is about")]
    reason: PlanningDiscrepancy

    @classmethod
    def of(cls, finding: PlanDiscrepancy) -> Self:
        """Return the document of a finding."""
        return msgspec.convert(finding, cls, from_attributes=True)


class PlanningAuditDocument(Document, frozen=True, kw_only=True):
    """The self-audit of planning: sound means that the tasks that stand are those that a second reckoning asks for.

    Of the duties `without_roster` it is not known whom they ask; nothing new is planned for them, and nothing withdrawn.
    """

    sound: bool
    as_of: datetime
    duties: int
    tasks: int
    findings_total: int
    findings: Annotated[list[PlanningFinding], Meta(description="the first 1000")]
    without_roster: Annotated[list[str], Meta(description="duties whose roster the profile has no more")]

    @classmethod
    def of(cls, audit: PlanningAudit) -> Self:
        """Return the document of an audit."""
        return cls(
            sound=not audit.findings and not audit.without_roster,
            as_of=audit.as_of,
            duties=audit.duties,
            tasks=audit.tasks,
            findings_total=len(audit.findings),
            findings=[PlanningFinding.of(finding) for finding in audit.findings[:_SHOWN]],
            without_roster=list(audit.without_roster),
        )


def add_audit(routes: Router, deps: Deps) -> None:
    """Add the route of the audit."""

    @routes.get("/audit/planning", summary="计划自查：应列入计划的任务与已列入的对照")
    async def read_audit(caller: Annotated[Caller, Depends(allow(READ))]) -> PlanningAuditDocument:
        """Show which tasks should have been planned, by a second reckoning of all duties, against those that stand."""
        del caller
        return PlanningAuditDocument.of(await look(deps=deps))
