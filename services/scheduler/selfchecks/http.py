"""`/v1/selfcheck-plants…`: plants, their sheets, and what their teams, workshops, plants and groups checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Depends, Query, Response

from duban_contracts.deadlines.calendar import WorkingCalendar
from duban_contracts.refusals import Refusal
from services.chassis.access.acting import ActingDeps
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller, found_in_scope
from services.chassis.access.roles import CASE_STAFF, ENTERPRISE, OFFICES
from services.chassis.storage.database import Connection
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Day, EnterpriseCode, Limit
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.scheduler.selfchecks import tables
from services.scheduler.selfchecks.documents import (
    ByHeldDay,
    ByPlant,
    ChangePlant,
    RegisterPlant,
    SelfcheckDocument,
    SelfcheckPlant,
    SelfcheckSheet,
    WithdrawCheck,
    laid_of,
)
from services.scheduler.selfchecks.handlers import (
    change,
    facts_of,
    file_check,
    register,
    sheets,
    withdraw_check,
)
from services.scheduler.selfchecks.model import Check, CheckFindings, Plant, SheetSpan, span_on

READ: Final = Action("scheduler.selfchecks.read", "查看企业自查", roles=ENTERPRISE | CASE_STAFF)
WRITE: Final = Action("scheduler.selfchecks.write", "登记企业自查", roles=ENTERPRISE | OFFICES)
Reader = Annotated[Caller, Depends(allow(READ))]
Writer = Annotated[Caller, Depends(allow(WRITE))]
_MISSING: Final = "selfcheck-plant-not-found"
_LAYOUT: Final = (
    "date-too-early",
    "duty-ends-before-it-begins",
    "selfcheck-part-twice",
    "selfcheck-part-fixed",
    "unknown-value",
)


@dataclass(frozen=True, slots=True)
class Deps(ActingDeps):
    """Dependencies of the routes."""

    calendar: WorkingCalendar
    counties: frozenset[str]


def router(deps: Deps) -> Router:
    """Return the routes of self-checks."""
    routes = Router(prefix="/v1", tags=["self-checks"])
    _layouts(routes, deps)
    _sheets(routes, deps)
    _one(routes, deps)
    _checks(routes, deps)
    _filed(routes, deps)
    return routes


def _layouts(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/selfcheck-plants",
        summary="登记一个厂矿及其车间、班组",
        status_code=201,
        response_model=SelfcheckPlant,
        responses=declares(_MISSING, *_LAYOUT),
    )
    async def enter(command: JsonBody[RegisterPlant], caller: Writer, once: Once) -> Response:
        """Register a plant with its workshops, which check by the week, and its teams, which check by the day."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = await register(
                connection, laid_of(command), command.place, counties=deps.counties, acting=deps.acting(caller)
            )
            return await once.keep(connection, _plant(said, status=201))

    @routes.post(
        "/selfcheck-plants/{plant_id}/change",
        summary="调整一个厂矿的车间、班组",
        response_model=SelfcheckPlant,
        responses=declares(_MISSING, *_LAYOUT),
    )
    async def lay_out(
        plant_id: UUID, command: JsonBody[ChangePlant], caller: Writer, expecting: Expecting, once: Once
    ) -> Response:
        """Lay a plant out anew, with the reason. A part that is given up gets its last day; it is not taken out."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = await change(
                connection,
                plant_id,
                laid_of(command),
                reason=command.reason,
                expecting=expecting,
                acting=deps.acting(caller),
            )
            return await once.keep(connection, _plant(said))


def _sheets(routes: Router, deps: Deps) -> None:
    @routes.get("/selfcheck-plants", summary="各厂矿的自查情况：一周或一月")
    async def roll_up(
        caller: Reader,
        span: Literal["week", "month"] = "week",
        on: Day | None = None,
        enterprise: EnterpriseCode | None = None,
        after: After[ByPlant] = None,
        limit: Annotated[int, Query(ge=1, le=50, description="每页条数")] = 50,
    ) -> Page[SelfcheckSheet]:
        """Show each plant's week or month of the day `on` (today): every level by itself, with its gaps."""
        today = deps.acting(caller).today
        day = on or today
        async with deps.database.acquire() as connection:
            plants = await tables.plants(
                connection,
                caller.scope,
                enterprise=enterprise,
                after=after.plant_id if after else None,
                limit=limit + 1,
            )
            found = await sheets(connection, plants, span=span, day=day, today=today, calendar=deps.calendar)
        period = span_on(span, day).key
        return page_of(
            list(zip(plants, found, strict=True)),
            limit,
            item=lambda pair: SelfcheckSheet.of(pair[0], period, pair[1]),
            cursor=lambda pair: ByPlant(plant_id=pair[0].plant_id),
        )


def _one(routes: Router, deps: Deps) -> None:
    @routes.get(
        "/selfcheck-plants/{plant_id}",
        summary="一个厂矿及其车间、班组",
        response_model=SelfcheckPlant,
        responses=declares(_MISSING),
    )
    async def one(caller: Reader, plant_id: UUID) -> Response:
        """Return a plant with its workshops and teams; its version is the ETag."""
        async with deps.database.acquire() as connection:
            return _plant(await _seen(connection, plant_id, caller))

    @routes.get(
        "/selfcheck-plants/{plant_id}/sheet", summary="一个厂矿一周、一月或一季的自查情况", responses=declares(_MISSING)
    )
    async def of_plant(
        caller: Reader, plant_id: UUID, span: SheetSpan = "week", on: Day | None = None
    ) -> SelfcheckSheet:
        """Show a plant's week, month or quarter of the day `on` (today): every level by itself, with its gaps."""
        today = deps.acting(caller).today
        day = on or today
        async with deps.database.acquire() as connection:
            plant = await _seen(connection, plant_id, caller)
            (levels,) = await sheets(connection, [plant], span=span, day=day, today=today, calendar=deps.calendar)
        return SelfcheckSheet.of(plant, span_on(span, day).key, levels)


def _checks(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/selfcheck-plants/{plant_id}/checks",
        summary="报送一次自查",
        status_code=201,
        response_model=SelfcheckDocument,
        responses=declares(_MISSING, "selfcheck-ahead", "selfcheck-part-unknown", "selfcheck-no-work", "out-of-range"),
    )
    async def file(plant_id: UUID, command: JsonBody[CheckFindings], caller: Writer, once: Once) -> Response:
        """File a check of a team, a workshop, the plant or the group; gaps of other levels hold nothing up."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = await file_check(connection, plant_id, command, acting=deps.acting(caller))
            return await once.keep(connection, _check(said, status=201))

    @routes.post(
        "/selfcheck-plants/{plant_id}/checks/{check_id}/withdraw",
        summary="撤回一次误报的自查",
        response_model=SelfcheckDocument,
        responses=declares(_MISSING, "selfcheck-not-found"),
    )
    async def take_back(
        plant_id: UUID, check_id: UUID, command: JsonBody[WithdrawCheck], caller: Writer, once: Once
    ) -> Response:
        """Withdraw a check that was filed by mistake, with the reason; it stays readable and counts no more."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = await withdraw_check(
                connection, plant_id, check_id, reason=command.reason, acting=deps.acting(caller)
            )
            return await once.keep(connection, _check(said))


def _filed(routes: Router, deps: Deps) -> None:
    @routes.get("/selfcheck-plants/{plant_id}/checks", summary="一个厂矿报送的自查", responses=declares(_MISSING))
    async def page(
        caller: Reader, plant_id: UUID, after: After[ByHeldDay] = None, limit: Limit = 100
    ) -> Page[SelfcheckDocument]:
        """List what a plant filed in order of the days, with what was withdrawn and why."""
        position = (after.held_on, after.check_id) if after else None
        async with deps.database.acquire() as connection:
            await _seen(connection, plant_id, caller)
            found = await tables.checks(connection, plant_id, after=position, limit=limit + 1)
        return page_of(found, limit, item=SelfcheckDocument.of, cursor=ByHeldDay.of)


async def _seen(connection: Connection, plant_id: UUID, caller: Caller) -> Plant:
    found = await tables.find_plant(connection, plant_id)
    return found_in_scope(found, facts_of, caller, Problem(_MISSING, field="plant_id"))


def _plant(said: Plant | Refusal, *, status: int = 200) -> Response:
    plant = accepted(said)
    return answer(SelfcheckPlant.of(plant), status=status, version=plant.version)


def _check(said: Check | Refusal, *, status: int = 200) -> Response:
    return answer(SelfcheckDocument.of(accepted(said)), status=status)
