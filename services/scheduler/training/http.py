"""`/v1/trainings…`, `/v1/training-books/{uscc}` and `/v1/trainees/{id}`: entering, correcting, and the three files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Response

from duban_contracts.refusals import Refusal
from services.chassis.access.acting import ActingDeps
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller, found_in_scope
from services.chassis.access.roles import ENTERPRISE, OFFICES
from services.chassis.access.scope import Facts
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Day, EnterpriseCode, Limit, Text
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.scheduler.training import tables
from services.scheduler.training.documents import (
    ByDay,
    CorrectTraining,
    PersonalFile,
    PersonalSession,
    RecordTraining,
    TrainingBook,
    TrainingFile,
    TrainingItem,
    TrainingPerson,
    TrainingVersions,
    entered_of,
)
from services.scheduler.training.handlers import correct_session, facts_of, record_session
from services.scheduler.training.model import Session, attended_by, people_of
from services.scheduler.training.tables import Filter

# Persons: their own enterprise, and the offices that answer for its county or for the city. Nobody else.
READ: Final = Action("scheduler.training.read", "查看安全培训档案", roles=ENTERPRISE | OFFICES)
WRITE: Final = Action("scheduler.training.write", "登记安全培训", roles=ENTERPRISE | OFFICES)
Reader = Annotated[Caller, Depends(allow(READ))]
Writer = Annotated[Caller, Depends(allow(WRITE))]
_BROKEN: Final = (
    "training-held-ahead",
    "trainee-twice",
    "training-hours-beyond",
    "date-too-early",
    "unknown-value",
    "task-not-found",
)


@dataclass(frozen=True, slots=True)
class Deps(ActingDeps):
    """Dependencies of the routes."""

    counties: frozenset[str]


def router(deps: Deps) -> Router:
    """Return the routes of trainings."""
    routes = Router(prefix="/v1", tags=["trainings"])
    _commands(routes, deps)
    _sessions(routes, deps)
    _books(routes, deps)
    _persons(routes, deps)
    return routes


def _commands(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/trainings",
        summary="登记一期安全培训",
        status_code=201,
        response_model=TrainingItem,
        responses=declares("training-book-not-found", *_BROKEN),
    )
    async def record(command: JsonBody[RecordTraining], caller: Writer, once: Once) -> Response:
        """Enter a session once: it stands in the enterprise's book and in each person's file. The answer names nobody."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = await record_session(
                connection, command.of, entered_of(command), counties=deps.counties, acting=deps.acting(caller)
            )
            return await once.keep(connection, _answer(said, status=201))

    @routes.post(
        "/trainings/{session_id}/correct",
        summary="更正一期安全培训",
        response_model=TrainingItem,
        responses=declares("training-not-found", *_BROKEN),
    )
    async def correct(
        session_id: UUID, command: JsonBody[CorrectTraining], caller: Writer, expecting: Expecting, once: Once
    ) -> Response:
        """Correct a session, whole and with the reason; what stood before stays among its versions."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = await correct_session(
                connection,
                session_id,
                entered_of(command),
                reason=command.reason,
                expecting=expecting,
                acting=deps.acting(caller),
            )
            return await once.keep(connection, _answer(said))


def _sessions(routes: Router, deps: Deps) -> None:
    missing = declares("training-not-found")

    @routes.get("/trainings", summary="安全培训清单（不含人员）")
    async def page(
        caller: Reader,
        enterprise: EnterpriseCode | None = None,
        task: Annotated[Text | None, Query(description="任务标识")] = None,
        since: Day | None = None,
        until: Day | None = None,
        after: After[ByDay] = None,
        limit: Limit = 50,
    ) -> Page[TrainingItem]:
        """List sessions in order of their days, without their people."""
        wanted = Filter(enterprise=enterprise, task=task, since=since, until=until)
        position = (after.held_on, after.session_id) if after else None
        async with deps.database.asking() as connection:
            found = await tables.page(connection, caller.scope, wanted, after=position, limit=limit + 1)
        return page_of(found, limit, item=TrainingItem.of, cursor=ByDay.of)

    @routes.get(
        "/trainings/{session_id}", summary="一期一档：一期安全培训", response_model=TrainingFile, responses=missing
    )
    async def one(caller: Reader, session_id: UUID) -> Response:
        """Return the file of a session with everybody who attended it, their hours and results; its version is the ETag."""
        async with deps.database.acquire() as connection:
            session = _seen(await tables.find(connection, session_id), caller)
        return answer(TrainingFile.of(session), version=session.version)

    @routes.get("/trainings/{session_id}/versions", summary="一期安全培训的全部版本", responses=missing)
    async def versions(caller: Reader, session_id: UUID) -> TrainingVersions:
        """Return every version of a session, oldest first, each with why it replaced the one before."""
        async with deps.database.acquire() as connection:
            session = _seen(await tables.find(connection, session_id), caller)
            found = await tables.versions(connection, session)
        return TrainingVersions(items=[TrainingFile.of(each) for each in found])


def _books(routes: Router, deps: Deps) -> None:
    @routes.get(
        "/training-books/{enterprise}",
        summary="一企一册：一家企业一年的培训和人员",
        responses=declares("training-book-not-found"),
    )
    async def book(
        caller: Reader,
        enterprise: EnterpriseCode,
        year: Annotated[int | None, Query(ge=2000, le=2999, description="默认本年")] = None,
    ) -> TrainingBook:
        """Return an enterprise's book of a year: its sessions, and its people with their hours and passes."""
        wanted = year or deps.acting(caller).today.year
        missing = Problem("training-book-not-found", field="enterprise")
        async with deps.database.acquire() as connection:
            found = _inside(await tables.of_enterprise(connection, enterprise), caller, missing)
            files = await tables.trainees(connection, enterprise)
        sessions = [each for each in found if each.entered.held_on.year == wanted]
        return TrainingBook(
            enterprise=enterprise,
            year=wanted,
            sessions=[TrainingItem.of(each) for each in sessions],
            people=[TrainingPerson.of(line, files[line.number]) for line in people_of(sessions)],
        )


def _persons(routes: Router, deps: Deps) -> None:
    @routes.get(
        "/trainees/{trainee_id}", summary="一人一档：一名人员的全部培训", responses=declares("trainee-not-found")
    )
    async def person(caller: Reader, trainee_id: UUID) -> PersonalFile:
        """Return a person's file: every session with hours and result, and the sum of hours."""
        missing = Problem("trainee-not-found", field="trainee_id")
        async with deps.database.acquire() as connection:
            of = await tables.trainee(connection, trainee_id)
            found = await tables.of_trainee(connection, trainee_id)
        inside = _inside(found, caller, missing)
        if of is None:
            raise missing
        attended = attended_by(of.number, inside)
        return PersonalFile(
            trainee_id=trainee_id,
            enterprise=of.enterprise,
            number=of.number,
            name=attended[-1][1].name,
            hours=sum(each.hours for _, each in attended),
            sessions=[PersonalSession.of(session, each) for session, each in attended],
        )


def _facts(session: Session) -> Facts:
    return facts_of(session.of)


def _seen(session: Session | None, caller: Caller) -> Session:
    return found_in_scope(session, _facts, caller, Problem("training-not-found", field="session_id"))


def _inside(sessions: Iterable[Session], caller: Caller, missing: Problem) -> list[Session]:
    """Return those of the sessions that the caller may see; raises `missing` when there is none."""
    found = list(sessions)
    inside = [each for each in found if caller.scope.covers(_facts(each))]
    found_in_scope(next(iter(inside or found), None), _facts, caller, missing)
    return inside


def _answer(said: Session | Refusal, *, status: int = 200) -> Response:
    """Return what was entered as the answer, which is kept for repetitions and so names nobody; raises the Problem."""
    session = accepted(said)
    return answer(TrainingItem.of(session), status=status, version=session.version)
