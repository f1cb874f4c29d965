"""The self-audit of tasks over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Self

import msgspec
from fastapi import Depends

from duban_contracts.events.tasks import TaskState
from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CITY_OFFICES, CITY_REGULATORS, OPERATORS
from services.chassis.web.documents import Document
from services.chassis.web.routes import Router
from services.scheduler.tasks.handlers.audit import Deps, TaskAudit, look
from services.scheduler.tasks.model.audit import Discrepancy, TaskDiscrepancy

READ: Final = Action(
    "scheduler.tasks.audit", "查看任务自查", roles=OPERATORS | CITY_OFFICES | CITY_REGULATORS, reach=Reach.CITY
)


class TaskAuditFinding(Document, frozen=True, kw_only=True):
    """Something that is not as it should be."""

    task_id: str
    number: str
    county: str
    lead_unit: str
    state: TaskState
    deadline_number: int
    due_at: datetime
    reason: Discrepancy

    @classmethod
    def of(cls, finding: TaskDiscrepancy) -> Self:
        """Return the document of a finding."""
        return msgspec.convert(finding, cls, from_attributes=True)


class TaskAuditDocument(Document, frozen=True, kw_only=True):
    """The self-audit of tasks: sound means that each was said when it should have been, and once."""

    sound: bool
    as_of: datetime
    compared: int
    findings: list[TaskAuditFinding]

    @classmethod
    def of(cls, audit: TaskAudit) -> Self:
        """Return the document of an audit."""
        return cls(
            sound=not audit.findings,
            as_of=audit.as_of,
            compared=audit.compared,
            findings=[TaskAuditFinding.of(finding) for finding in audit.findings],
        )


def router(deps: Deps) -> Router:
    """Return the route of the audit."""
    routes = Router(prefix="/v1", tags=["audit"])

    @routes.get("/audit/tasks", summary="任务自查：应下达、应提醒、应记逾期而未做的")
    async def read_audit(caller: Annotated[Caller, Depends(allow(READ))]) -> TaskAuditDocument:
        """Show what should have been said about tasks against what was."""
        del caller
        return TaskAuditDocument.of(await look(deps=deps))

    return routes
