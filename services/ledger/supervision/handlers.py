"""Taking note of 督办逾期 and of what became of letters (发文、送达、失败、签收)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.notices import NoticeEvent
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import HAZARD, LISTING, LOOK_BACK, Subject
from duban_contracts.refusals import Refusal
from services.chassis.access.policy import permits
from services.chassis.access.refusals import Caller
from services.chassis.storage.database import Connection
from services.ledger.hazards.handlers.journal import Journal, Ledger, writing
from services.ledger.hazards.handlers.telling import READ_AHEAD, history_told
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.moves import SCHEDULER, MarkListingOverdue, MarkOverdue, decide
from services.ledger.hazards.tables import register
from services.ledger.history.model import Record
from services.ledger.supervision import tables
from services.ledger.supervision.tables import TimelineEntry

_log = structlog.get_logger(__name__)

_OURS: Final = frozenset({HAZARD, LISTING})
# Of a look-back nothing is marked; its letters stand on the hazard's timeline.
_ON_TIMELINES: Final = _OURS | {LOOK_BACK}
# 二级确认提示函: of whom the next confirmation is awaited.
_AMONG_STAFF: Final = frozenset({"confirmation_prompt"})


class _Said(msgspec.Struct):
    about: Subject
    kind: str


Raised = tuple[CloudEvent, SupervisionOverdue]
"""An alarm of the scheduler with its envelope."""


async def mark_overdue(connection: Connection, raised: Sequence[Raised], *, ledger: Ledger) -> None:
    """Mark the hazards and listings whose deadline passed, in the caller's transaction.

    What is stale, unknown or about something else changes nothing.
    """
    ours = [(event, data) for event, data in raised if data.about.kind in _OURS]
    if not ours:
        return
    async with writing(connection, ledger=ledger, hazards={_hazard_of(data.about) for _, data in ours}) as journal:
        for event, data in ours:
            _mark(journal, event, data)


def _mark(journal: Journal, event: CloudEvent, data: SupervisionOverdue) -> None:
    hazard = journal.hazard(_hazard_of(data.about))
    if hazard is None:
        _log.warning("overdue of an unknown hazard", subject=data.about.id)
        return
    decision = decide(hazard, _command(data), journal.stamp(SCHEDULER, hazard))
    if isinstance(decision, Refusal):
        _log.info("stale overdue", subject=data.about.id, state=hazard.state)
    else:
        journal.enter(decision, event)


def _command(data: SupervisionOverdue) -> msgspec.Struct:
    if data.about.kind == LISTING:
        return MarkListingOverdue(number=int(data.about.id.partition("/")[2]), due_at=data.due_at)
    return MarkOverdue(deadline_on=data.deadline_on, due_at=data.due_at)


def _hazard_of(about: Subject) -> HazardKey:
    """Return the hazard that a subject is, or is the listing of."""
    return HazardKey.parse(about.id.partition("/")[0])


async def keep_notices(connection: Connection, notices: Sequence[tuple[CloudEvent, NoticeEvent]]) -> None:
    """Keep what became of letters about hazards, their listings and look-backs, in the caller's transaction."""
    entries = [
        TimelineEntry(data.about.id.partition("/")[0], event.id, event.type, data.occurred_at, event.data)
        for event, data in notices
        if data.about.kind in _ON_TIMELINES
    ]
    if entries:
        await tables.append(connection, entries)


async def timeline_for(
    connection: Connection, hazard: Hazard, caller: Caller
) -> tuple[list[Record], list[TimelineEntry]]:
    """Return a hazard's history and the letters about it and its sources, as the caller is told them, each in order of time.

    Its route names READ_AHEAD in `beside`.
    """
    history = await history_told(connection, hazard.hazard_id, caller)
    sources = await register.sources(connection, hazard.hazard_id) if hazard.source_count else []
    notices = await tables.of_hazards(connection, [hazard.hazard_id, *(each.hazard_id for each in sources)])
    return history, _letters_for(caller, notices)


def _letters_for(caller: Caller, notices: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """Return what the caller is told of letters; of those among staff, and about look-backs, no enterprise is."""
    return list(notices) if permits(caller, READ_AHEAD) else [each for each in notices if not _among_staff(each)]


def _among_staff(entry: TimelineEntry) -> bool:
    said = msgspec.json.decode(entry.payload, type=_Said)
    return said.about.kind == LOOK_BACK or said.kind in _AMONG_STAFF
