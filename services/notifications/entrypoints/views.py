"""The JSON that people and systems see. No address of an office stands in it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import asyncpg
from pydantic import BaseModel, ConfigDict

from duban_contracts.events.notices import DeliveryChannel
from services.notifications.domain.delivery import DeliveryState
from services.notifications.domain.letters import LetterKind, LetterState


class View(BaseModel):
    """Made from rows; unknown columns stay behind."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class AttemptView(View):
    """One send: `verdict` is null while its answer is awaited."""

    attempt: int
    begun_at: datetime
    ended_at: datetime | None
    verdict: str | None
    code: str | None
    detail: str | None


class DeliveryView(View):
    """One letter over one channel; `code` and `detail` are the channel's own last answer. Times are wall time."""

    delivery_id: UUID
    letter_id: UUID
    number: str
    county: str
    unit: str
    addressee: str | None
    channel: DeliveryChannel
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    code: str | None
    detail: str | None
    history: list[AttemptView] | None = None


class LetterView(View):
    """A letter without its text."""

    letter_id: UUID
    number: str
    kind: LetterKind
    title: str
    hazard_id: str
    hazard_number: str
    county: str
    sector: str
    unit: str
    addressee: str | None
    addressee_unit: str | None
    deadline_number: int
    deadline_on: date
    issued_at: datetime
    state: LetterState
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class WholeLetterView(LetterView):
    """A letter with its text and its deliveries."""

    body: str
    deliveries: list[DeliveryView]


class LetterPage(View):
    """One page; `next` goes into `after` for the one that follows, null at the end."""

    items: list[LetterView]
    next: str | None


class DeliveryPage(View):
    """One page; `next` goes into `after` for the one that follows, null at the end."""

    items: list[DeliveryView]
    next: str | None


def letter_view(row: asyncpg.Record) -> LetterView:
    """Return a letter's row as people see it."""
    return LetterView.model_validate(dict(row))


def delivery_view(row: asyncpg.Record, history: list[asyncpg.Record] | None = None) -> DeliveryView:
    """Return a delivery's row as people see it, with its attempts if given."""
    attempts = None if history is None else [AttemptView.model_validate(dict(each)) for each in history]
    return DeliveryView.model_validate({**dict(row), "history": attempts})
