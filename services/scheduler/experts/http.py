"""`/v1/experts`: the pool; `/v1/tasks/{name}/experts`: who can go along on an inspection, and who does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Query, Response

from duban_contracts.events.types import Uscc
from duban_contracts.refusals import Refusal
from services.chassis.access.acting import ActingDeps
from services.chassis.access.policy import Action, Reach, allow, permits
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, CITY_OFFICES, OFFICES, REGULATORS
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Checked, Limit
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.scheduler.experts import tables
from services.scheduler.experts.documents import (
    AssignExpert,
    AssignmentDocument,
    ByExpertId,
    Candidate,
    ExpertDocument,
    RetireExpert,
)
from services.scheduler.experts.handlers import add, assign, find_inspection, retire
from services.scheduler.experts.model import Expert, ExpertId, why_not
from services.scheduler.tasks.documents.task import TaskName

# Which experts there are is nobody's case; what they are called is theirs.
READ: Final = Action("scheduler.experts.read", "查看专家库", roles=CASE_STAFF, reach=Reach.NOTHING)
NAMES: Final = Action("scheduler.experts.read-names", "查看专家姓名", roles=OFFICES | REGULATORS, reach=Reach.NOTHING)
WRITE: Final = Action("scheduler.experts.write", "维护专家库", roles=CITY_OFFICES, reach=Reach.CITY)
CHOOSE: Final = Action("scheduler.experts.choose", "查看检查任务可选派的专家", roles=OFFICES | REGULATORS)
ASSIGN: Final = Action("scheduler.experts.assign", "为检查任务选派专家", roles=OFFICES | REGULATORS)
Reader = Annotated[Caller, Depends(allow(READ, beside=[NAMES]))]
Writer = Annotated[Caller, Depends(allow(WRITE))]
Chooser = Annotated[Caller, Depends(allow(CHOOSE, beside=[NAMES]))]
Assigner = Annotated[Caller, Depends(allow(ASSIGN))]
Name = Annotated[str, Checked(ExpertId)]
Inspected = Annotated[str | None, Checked(Uscc), Query(description="被检查企业，任务本身没有对象时填写")]
_UNFIT: Final = ("task-not-found", "not-an-inspection", "task-state-conflict", "task-without-sector")


@dataclass(frozen=True, slots=True)
class Deps(ActingDeps):
    """Dependencies of the routes; `sector_by_uscc` are the sectors of the city's enterprises."""

    sector_by_uscc: Mapping[str, str]


def router(deps: Deps) -> Router:
    """Return the routes of experts."""
    routes = Router(prefix="/v1", tags=["experts"])
    _pool(routes, deps)
    _keeping(routes, deps)
    _candidates(routes, deps)
    _assigning(routes, deps)
    return routes


def _pool(routes: Router, deps: Deps) -> None:
    @routes.get("/experts", summary="专家库")
    async def list_experts(caller: Reader, after: After[ByExpertId] = None, limit: Limit = 100) -> Page[ExpertDocument]:
        """List experts in order of their ids."""
        async with deps.database.acquire() as connection:
            found = await tables.page(connection, after=after.expert_id if after else "", limit=limit + 1)
        named = permits(caller, NAMES)
        return page_of(found, limit, item=lambda each: ExpertDocument.of(each, named=named), cursor=ByExpertId.of)

    @routes.get("/experts/{expert_id}", summary="一位专家", responses=declares("expert-not-found"))
    async def read_expert(caller: Reader, expert_id: Name) -> ExpertDocument:
        """Return one entry of the pool."""
        async with deps.database.acquire() as connection:
            found = await tables.find(connection, expert_id)
        if found is None:
            raise Problem("expert-not-found", field="expert_id")
        return ExpertDocument.of(found, named=permits(caller, NAMES))


def _keeping(routes: Router, deps: Deps) -> None:
    # No Idempotency-Key: an answer that is kept would keep the name, and the same again changes nothing anyway.
    @routes.post(
        "/experts",
        summary="专家入库",
        status_code=201,
        response_model=ExpertDocument,
        responses=declares("expert-exists", "duty-ends-before-it-begins"),
    )
    async def enter(expert: JsonBody[Expert], caller: Writer) -> Response:
        """Enter an expert; the same again changes nothing."""
        async with deps.database.transaction() as connection:
            return _shown(await add(connection, expert, acting=deps.acting(caller)), status=201)

    @routes.post(
        "/experts/{expert_id}/retire",
        summary="专家退出",
        response_model=ExpertDocument,
        responses=declares("expert-not-found", "duty-ends-before-it-begins"),
    )
    async def end(expert_id: Name, command: JsonBody[RetireExpert], caller: Writer) -> Response:
        """Let an entry end; a later last day renews it."""
        del caller
        async with deps.database.transaction() as connection:
            return _shown(await retire(connection, expert_id, command.valid_until))


def _candidates(routes: Router, deps: Deps) -> None:
    @routes.get(
        "/tasks/{name}/experts",
        summary="检查任务可选派的专家，及不可选派的原因",
        responses=declares(*_UNFIT, "inspected-enterprise-unclear"),
    )
    async def candidates(
        caller: Chooser,
        name: TaskName,
        enterprise: Inspected = None,
        after: After[ByExpertId] = None,
        limit: Limit = 100,
    ) -> Page[Candidate]:
        """List experts in order of their ids: eligible for this inspection, or why not."""
        async with deps.database.acquire() as connection:
            acting = deps.acting(caller)
            task_id, inspection = accepted(
                await find_inspection(connection, name, enterprise, sectors=deps.sector_by_uscc, acting=acting)
            )
            found = await tables.page(connection, after=after.expert_id if after else "", limit=limit + 1)
            going = {each.expert_id for each in await tables.assigned(connection, task_id)}
        named = permits(caller, NAMES)

        def candidate(expert: Expert) -> Candidate:
            shown = ExpertDocument.of(expert, named=named)
            return Candidate.of(shown, why_not(expert, inspection), assigned=expert.expert_id in going)

        return page_of(found, limit, item=candidate, cursor=ByExpertId.of)


def _assigning(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/tasks/{name}/experts",
        summary="为检查任务选派一位专家",
        status_code=201,
        response_model=AssignmentDocument,
        responses=declares(
            *_UNFIT,
            "inspected-enterprise-unclear",
            "expert-not-found",
            "expert-wrong-sector",
            "expert-of-the-enterprise",
            "expert-retired",
            "expert-not-yet-valid",
        ),
    )
    async def choose(name: TaskName, command: JsonBody[AssignExpert], caller: Assigner, once: Once) -> Response:
        """Let an expert go along; the same again changes nothing."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = accepted(
                await assign(
                    connection,
                    name,
                    command.expert_id,
                    enterprise=command.enterprise,
                    sectors=deps.sector_by_uscc,
                    acting=deps.acting(caller),
                )
            )
            return await once.keep(connection, answer(AssignmentDocument.of(said), status=201))


def _shown(said: Expert | Refusal, *, status: int = 200) -> Response:
    """Return an entry as the answer to whoever keeps the pool; raises the Problem of what is against it."""
    return answer(ExpertDocument.of(accepted(said), named=True), status=status)
