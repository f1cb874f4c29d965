"""Commands on duties: make, change, cancel, enter an occasion, plan now. A 200 means committed and planned."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from duban_contracts.refusals import Refusal
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.scheduler.duties.documents import CancelDuty, ChangeDuty, DutyDocument, PlanningDocument
from services.scheduler.duties.handlers.keep import cancel_duty, change_duty, create_duty
from services.scheduler.duties.handlers.occasions import add_occasion
from services.scheduler.duties.handlers.plan import plan_all
from services.scheduler.duties.http.deps import Deps, Name, Writer
from services.scheduler.duties.model.duty import Duty, DutyVersion
from services.scheduler.duties.model.occasions import Occasion

_BROKEN: Final = ("bad-recurrence", "unknown-roster", "duty-ends-before-it-begins", "out-of-range")


def add_commands(routes: Router, deps: Deps) -> None:
    """Add the routes that change something."""
    _create(routes, deps)
    _change(routes, deps)
    _cancel(routes, deps)
    _occasion(routes, deps)

    @routes.post("/duties/plan", summary="立即排期")
    async def plan_now(_: Writer) -> PlanningDocument:
        """Plan every duty that isn't planned yet by the present rosters and calendar; the job does so by itself, too."""
        return PlanningDocument.of(await plan_all(deps.database, planner=deps.planner, clock=deps.clock))


def _create(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/duties",
        summary="新立一项周期职责",
        status_code=201,
        response_model=DutyDocument,
        responses=declares("duty-exists", *_BROKEN),
    )
    async def create(duty: JsonBody[Duty], caller: Writer, once: Once) -> Response:
        """Keep a new duty and plan its tasks."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            made = await create_duty(connection, duty, acting=deps.acting(caller), planner=deps.planner)
            return await once.keep(connection, _answer(made, status=201))


def _change(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/duties/{duty_id}/change",
        summary="调整一项周期职责",
        response_model=DutyDocument,
        responses=declares("duty-not-found", "duty-cancelled", "deadline-assigned", "duty-id-differs", *_BROKEN),
    )
    async def change(
        duty_id: Name, command: JsonBody[ChangeDuty], caller: Writer, expecting: Expecting, once: Once
    ) -> Response:
        """Give a duty a new version from today on: tasks ahead follow it, what has begun stays as it was asked for."""
        if command.duty.duty_id != duty_id:
            raise Problem("duty-id-differs", field="$.duty.duty_id")
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            changed = await change_duty(
                connection,
                command.duty,
                reason=command.reason,
                expecting=expecting,
                acting=deps.acting(caller),
                planner=deps.planner,
            )
            return await once.keep(connection, _answer(changed))


def _cancel(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/duties/{duty_id}/cancel",
        summary="取消一项周期职责",
        response_model=DutyDocument,
        responses=declares("duty-not-found", "duty-cancelled"),
    )
    async def cancel(
        duty_id: Name, command: JsonBody[CancelDuty], caller: Writer, expecting: Expecting, once: Once
    ) -> Response:
        """End a duty today: tasks that have not begun are withdrawn with the reason."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            ended = await cancel_duty(
                connection,
                duty_id,
                reason=command.reason,
                expecting=expecting,
                acting=deps.acting(caller),
                planner=deps.planner,
            )
            return await once.keep(connection, _answer(ended if isinstance(ended, DutyVersion) else [ended]))


def _occasion(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/occasions",
        summary="登记重要时段或重大活动，并排定相应检查",
        status_code=201,
        response_model=PlanningDocument,
        responses=declares("occasion-exists", "duty-ends-before-it-begins", "out-of-range"),
    )
    async def add(occasion: JsonBody[Occasion], caller: Writer, once: Once) -> Response:
        """Enter an occasion; what it calls for is planned at once, dated inside it."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            done = accepted(await add_occasion(connection, occasion, acting=deps.acting(caller), planner=deps.planner))
            return await once.keep(connection, answer(PlanningDocument.of(done), status=201))


def _answer(said: DutyVersion | list[Refusal], *, status: int = 200) -> Response:
    """Return a duty as the answer; raises the Problem of what is against it."""
    duty = accepted(said)
    return answer(DutyDocument.of(duty), status=status, version=duty.version)
