"""Entering and correcting a training session, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from duban_contracts.refusals import Refusal, refusal, violation
from services.chassis.access.acting import Acting
from services.chassis.access.scope import Facts
from services.chassis.storage.database import Connection
from services.chassis.web.preconditions import Precondition
from services.scheduler.tasks.tables import rows as task_rows
from services.scheduler.training import tables
from services.scheduler.training.model import Entered, Placed, Session, broken

# A book older than the Work Safety Law is a slip of the pen.
EARLIEST: Final = date(2002, 11, 1)


def facts_of(of: Placed) -> Facts:
    """Return what decides who may see a session."""
    return Facts(county=of.county, sector=of.sector, enterprise=of.enterprise)


async def record_session(
    connection: Connection, of: Placed, entered: Entered, *, counties: Collection[str], acting: Acting
) -> Session | Refusal:
    """Enter a session; return it, or why not. A place outside the caller's scope is not there."""
    if not acting.caller.finds(facts_of(of)):
        return refusal("training-book-not-found", field="enterprise")
    if of.county not in counties:
        return violation("unknown-value", "$.county", values=", ".join(sorted(counties)))
    task_id = await _admissible(connection, of, entered, acting)
    if isinstance(task_id, Refusal):
        return task_id
    return await tables.insert(connection, of, entered, task_id=task_id, at=acting.at, by=acting.account)


async def correct_session(
    connection: Connection, session_id: UUID, entered: Entered, *, reason: str, expecting: Precondition, acting: Acting
) -> Session | Refusal:
    """Give a session a further version; return it, or why not. The one before stays readable."""
    session = await tables.find(connection, session_id, lock=True)
    if session is None or not acting.caller.finds(facts_of(session.of)):
        return refusal("training-not-found", field="session_id")
    if unmet := expecting.unmet(session.version):
        return unmet
    task_id = await _admissible(connection, session.of, entered, acting)
    if isinstance(task_id, Refusal):
        return task_id
    corrected = replace(
        session,
        version=session.version + 1,
        entered=entered,
        task_id=task_id,
        recorded_at=acting.at,
        recorded_by=acting.account,
        reason=reason,
    )
    await tables.replace(connection, corrected)
    return corrected


async def _admissible(connection: Connection, of: Placed, entered: Entered, acting: Acting) -> str | Refusal | None:
    """Return the id of the task that the session serves (None: of none), or the first rule that is broken."""
    if said := next(broken(entered, today=acting.today, earliest=EARLIEST), None):
        return said
    if entered.task is None:
        return None
    task = await task_rows.find(connection, entered.task)
    member = task.plan.member if task else None
    another = member is not None and member.kind == "enterprise" and member.code != of.enterprise
    if task is None or task.plan.county != of.county or another:
        return refusal("task-not-found", field="task")
    return task.task_id
