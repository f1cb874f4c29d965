"""Recall letters whose deadline had been set wrongly: they were written, and no longer hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.days import chinese_date
from duban_contracts.events.notices import NoticeFailed, NoticeRecalled
from duban_contracts.events.supervision import SupervisionRecalled
from services.chassis.storage.database import Connection
from services.notifications.delivery.model.delivery import RECALLED, DeliveryState, recalled
from services.notifications.delivery.tables import queue
from services.notifications.letters import tables
from services.notifications.letters.handlers.deps import Deps
from services.notifications.letters.model.letter import travelled

_GONE_OUT: Final = frozenset({DeliveryState.SENDING, DeliveryState.DELIVERED, DeliveryState.UNCERTAIN})
Told = tuple[CloudEvent, SupervisionRecalled]
"""A recall of the scheduler with its envelope."""


async def recall_letters(connection: Connection, told: Sequence[Told], *, deps: Deps) -> list[Told]:
    """Recall every letter that these deadlines asked for, once; return those of which some office has a letter.

    A letter keeps its number, its text and its readers. What was not sent yet isn't sent any more.
    """
    heard: list[Told] = []
    for event, data in told:
        letters = await tables.about_deadline(connection, data.about, data.deadline_number)
        went_out = [await _recall(connection, letter_id, event, _reason(data), deps) for letter_id in letters]
        if any(went_out):
            heard.append((event, data))
    return heard


async def _recall(connection: Connection, letter_id: UUID, event: CloudEvent, reason: str, deps: Deps) -> bool:
    """Recall a letter that was not recalled before; return whether it had gone out, or may have."""
    # The deliveries first, as everybody locks them who locks both.
    deliveries = await queue.lock_all(connection, letter_id)
    locked = await tables.lock(connection, letter_id)
    if locked is None or locked.recalled_at is not None:
        return False
    steps = {key: step for key, each in deliveries.items() if (step := recalled(each.state))}
    for key, step in steps.items():
        await queue.store(connection, key, step.delivery, deps.clock.wall())
    await queue.recall(connection, letter_id)
    after = [steps[key].delivery if key in steps else each.state for key, each in deliveries.items()]
    letter = travelled(locked, [each.state for each in after])
    unit = deps.notices.about([letter])
    said: dict[str, Any] = {**letter.head, "occurred_at": unit.at}
    unit.record(NoticeRecalled(**said, cause=event.id, reason=reason), time=unit.at, cause=event)
    for step in steps.values():
        delivery = step.delivery
        failed = NoticeFailed(**said, channel=delivery.channel, attempts=max(1, delivery.attempts), error_code=RECALLED)
        unit.record(failed, time=unit.at, cause=event)
    await unit.write(connection)
    return any(each.state.state in _GONE_OUT for each in deliveries.values())


def _reason(data: SupervisionRecalled) -> str:
    wrong, right = chinese_date(data.deadline_on), chinese_date(data.corrected_to)
    return f"整改期限“{wrong}”录入有误，已更正为“{right}”，本件所述期限作废"
