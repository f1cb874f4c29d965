"""Take back what was said about a deadline that had been set wrongly: it was said, and no longer holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.deadlines.calendar import CityDays
from duban_contracts.deadlines.reckoning import Deadline
from duban_contracts.events.supervision import SupervisionRecalled
from duban_contracts.events.types import HAZARD, HazardFacts
from services.chassis.publishing import outbox
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Connection
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.alarms.model import Recall
from services.scheduler.clocks.handlers.tell import SOURCE
from services.scheduler.clocks.model.called_for import NAMESPACE


@dataclass(frozen=True, slots=True)
class Corrected:
    """The deadline `wrong` was set right: `right` stands in its place, `facts` hold after that, `event` says so."""

    wrong: Deadline
    right: Deadline
    facts: HazardFacts
    event: CloudEvent

    @property
    def recall(self) -> Recall:
        """What is to be taken back, as of the correction."""
        return Recall(HAZARD, self.facts.hazard_id, self.wrong.number, self.right.set_at)


async def recall(connection: Connection, corrections: Sequence[Corrected], *, days: CityDays, topic: str) -> None:
    """Mark what was raised about wrong deadlines as taken back, and say so on `topic`, once for each deadline.

    Nothing was raised about most of them, and then nothing is said. The alarms must be saved before.
    """
    if not corrections:
        return
    taken_back = await alarm_table.recall(connection, [each.recall for each in corrections])
    said = {(alarm.due.about.id, alarm.due.number) for alarm in taken_back}
    told = [each for each in corrections if (each.facts.hazard_id, each.wrong.number) in said]
    await outbox.append(connection, [outbox.outgoing(topic, _event(each, days)) for each in told])


def _event(corrected: Corrected, days: CityDays) -> CloudEvent:
    facts, wrong, at = corrected.facts, corrected.wrong, corrected.right.set_at
    payload = SupervisionRecalled(
        about=facts.as_subject(),
        county=facts.county,
        sector=facts.sector,
        unit=facts.responsible_unit,
        hazard=facts,
        deadline_number=wrong.number,
        deadline_on=wrong.deadline_on,
        due_at=wrong.due_at,
        raised_at=at,
        last_day=days.last_day(wrong.due_at),
        moved_by_review=wrong.due_at > days.passes_at(wrong.deadline_on, wrong.set_at),
        corrected_to=corrected.right.deadline_on,
    )
    return new_event(
        payload,
        source=SOURCE,
        subject=facts.hazard_id,
        key=facts.hazard_id,
        time=at,
        cause=corrected.event,
        event_id=str(corrected.recall.event_id(NAMESPACE)),
    )
