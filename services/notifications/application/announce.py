"""Telling the platform what became of a letter: one notice event, in the transaction that made it true."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.notices import NoticeEvent
from duban_contracts.topics import TopicFamily
from services.chassis.publishing.envelopes import new_event
from services.chassis.publishing.outbox import OutboxMessage, outgoing
from services.notifications.domain.records import LetterHead

SOURCE: Final = "/duban/notifications"


def notice(
    model: type[NoticeEvent], letter: LetterHead, *, topic_prefix: str, version: int, at: datetime, **more: Any
) -> OutboxMessage:
    """Return the notice event `model` about `letter`, ready for the outbox; `more` are the model's own fields.

    No address of an office ever stands in it.
    """
    letter_id = str(letter.letter_id)
    data = model(
        letter_id=letter_id,
        number=letter.number,
        kind=letter.kind,
        hazard_id=letter.hazard_id,
        hazard_number=letter.hazard_number,
        county=letter.county,
        unit=letter.unit,
        occurred_at=at,
        **more,
    )
    cause = CloudEvent(
        id=letter.cause_event,
        source="/duban/scheduler",
        type="",
        data=b"",
        correlationid=letter.correlation,
        traceparent=letter.traceparent,
    )
    event = new_event(data, source=SOURCE, subject=letter_id, key=letter_id, time=at, version=version, cause=cause)
    return outgoing(f"{topic_prefix}{TopicFamily.NOTICE}", event)
