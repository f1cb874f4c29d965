"""Saying to the ledger what was found, and noting what it made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from duban_contracts.admissible.texts import folded
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.findings import FindingRejected, TaskFindingReported, own_reference
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.inspections import InspectionFinding
from duban_contracts.events.tasks import TaskFacts
from duban_contracts.events.types import Actor
from duban_contracts.profile import City
from duban_contracts.refusals import Refusal
from services.chassis.consuming.deliveries import Delivery
from services.chassis.publishing import outbox
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Connection
from services.scheduler.findings import tables
from services.scheduler.findings.model import FiledFinding, FoundHazard, faults, news

SOURCE: Final = "/duban/scheduler"


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The door of findings: `city` is what is inspected, `topic` where they are said."""

    city: City
    topic: str

    def check(self, findings: Sequence[InspectionFinding], task: TaskFacts, at: datetime) -> Refusal | None:
        """Return the first rule that a finding of a submission at `at` breaks, with its place; None where all hold."""
        return next(faults(findings, task, self.city, self.city.present(at)), None)

    async def report(
        self,
        connection: Connection,
        findings: Sequence[InspectionFinding],
        *,
        task: TaskFacts,
        by: Actor,
        at: datetime,
        cause: CloudEvent | None = None,
    ) -> None:
        """Say what is new among the findings of a submission of `task`, in the caller's transaction, which holds it.

        The same again says nothing, so that nothing is doubled however often a submission is filed. `cause` is the event by
        which it was filed, if any.
        """
        known = await tables.of_tasks(connection, [task.task_id])
        standing = {filed.key: filed for filed in known.get(task.task_id, ())}
        told = news(findings, standing, task.task_id, at)
        if not told:
            return
        await tables.file(connection, told)
        await outbox.append(connection, [outbox.outgoing(self.topic, _event(filed, task, by, cause)) for filed in told])


def _event(filed: FiledFinding, task: TaskFacts, by: Actor, cause: CloudEvent | None) -> CloudEvent:
    payload = TaskFindingReported(
        task=task, actor=by, occurred_at=filed.filed_at, finding=filed.finding, filing=filed.filing
    )
    return new_event(
        payload,
        source=SOURCE,
        subject=task.task_id,
        key=task.task_id,
        time=filed.filed_at,
        cause=cause,
        event_id=filed.event_id,
    )


async def note_outcomes(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Note what the ledger says of findings: their hazards as they go on, and what it refused; the rest is passed over.

    Safe to repeat, and in any order: only what is newer counts.
    """
    hazards: dict[tuple[str, str], FoundHazard] = {}
    refused: dict[tuple[str, str, int], FindingRejected] = {}
    for delivery in deliveries:
        data = delivery.data
        if isinstance(data, FindingRejected):
            refused[data.task.id, folded(data.reference), data.filing] = data
        elif isinstance(data, HazardEvent) and (found_by := data.hazard.found_by) is not None:
            place = found_by.task_id, folded(own_reference(data.hazard.reference, found_by.task_number))
            hazard = FoundHazard.of(data.hazard, delivery.event.aggregateversion or 0)
            if place not in hazards or hazards[place].version < hazard.version:
                hazards[place] = hazard
    if hazards or refused:
        await tables.hold(connection, {*hazards, *((task_id, key) for task_id, key, _ in refused)})
    if hazards:
        await tables.note_hazards(connection, [(*place, hazard) for place, hazard in hazards.items()])
    if refused:
        await tables.note_refusals(connection, refused)


async def findings_of(connection: Connection, task_ids: Sequence[str]) -> dict[str, list[FiledFinding]]:
    """Return the findings of these tasks, by task; one without any is not among them."""
    return await tables.of_tasks(connection, task_ids)
