"""Recall letters that no longer hold: their deadline had been set wrongly, or what they ask for was done before they went out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.days import chinese_date
from duban_contracts.events.gathering import HazardUnmerged
from duban_contracts.events.notices import NoticeFailed, NoticeRecalled
from duban_contracts.events.supervision import SupervisionRecalled
from duban_contracts.events.types import HAZARD
from services.chassis.storage.database import Connection
from services.notifications.delivery.model.delivery import RECALLED, DeliveryState, recalled
from services.notifications.delivery.tables import queue
from services.notifications.letters import tables
from services.notifications.letters.handlers.deps import Deps
from services.notifications.letters.kinds.confirmation_prompt import CONFIRMATION_PROMPT, asked_at
from services.notifications.letters.model.confirming import Word, settled_before, why_settled
from services.notifications.letters.model.letter import LetterState, travelled

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


async def withdraw_prompts(connection: Connection, words: Sequence[Word], *, deps: Deps) -> None:
    """Recall every 二级确认提示函 about a first level before these events that is still in the house: they settle it.

    One that has arrived stays as it is: nothing in it was wrong. So does one that is under way or may have arrived, on
    any channel: 拆分 lets its first level wait again, and the office would have a second letter (P9, ADR 13).
    """
    by_hazard = {data.hazard.hazard_id: (event, data) for event, data in words}
    waiting = await tables.standing(connection, HAZARD, list(by_hazard), CONFIRMATION_PROMPT.code, unsent=True)
    for cause in waiting:
        event, data = by_hazard[cause.about_id]
        if asked_at(cause.occasion) < settled_before(data):
            await _recall(connection, cause.letter_id(), event, why_settled(data), deps, unless_gone_out=True)


async def still_asking(connection: Connection, words: Sequence[Word]) -> list[Word]:
    """Return those of these events that may ask for a 二级确认提示函: 拆分 does where the first level has no letter that holds."""
    first = {
        data.hazard.hazard_id: data.first_confirmed.confirmed_at
        for _, data in words
        if isinstance(data, HazardUnmerged) and data.first_confirmed is not None
    }
    letters = await tables.standing(connection, HAZARD, list(first), CONFIRMATION_PROMPT.code)
    told = {cause.about_id for cause in letters if asked_at(cause.occasion) >= first[cause.about_id]}
    return [word for word in words if not (isinstance(word[1], HazardUnmerged) and word[1].hazard.hazard_id in told)]


async def _recall(
    connection: Connection,
    letter_id: UUID,
    event: CloudEvent,
    reason: str,
    deps: Deps,
    *,
    unless_gone_out: bool = False,
) -> bool:
    """Recall a letter that was not recalled before; return whether it had gone out, or may have.

    With `unless_gone_out` only one that is still to be sent, and of which no channel has anything.
    """
    # The deliveries first, as everybody locks them who locks both.
    deliveries = await queue.lock_all(connection, letter_id)
    locked = await tables.lock(connection, letter_id)
    if locked is None or locked.recalled_at is not None:
        return False
    gone_out = any(each.state.state in _GONE_OUT for each in deliveries.values())
    if unless_gone_out and (gone_out or locked.state is not LetterState.ISSUED):
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
    return gone_out


def _reason(data: SupervisionRecalled) -> str:
    wrong, right = chinese_date(data.deadline_on), chinese_date(data.corrected_to)
    return f"整改期限“{wrong}”录入有误，已更正为“{right}”，本件所述期限作废"
