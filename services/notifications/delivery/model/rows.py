"""Deliveries as they are handed over, begun, locked and settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from services.notifications.delivery.model.delivery import Delivery, DeliveryState, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """One way a new letter is to travel from `due_at` (wall time) on; without an address it can only fail.

    What follows the endpoint is what people see of the letter in lists, and what decides who may see it.
    """

    delivery_id: UUID
    letter_id: UUID
    channel: str
    address: str | None
    endpoint: str | None
    number: str
    addressee: str | None
    county: str
    township: str | None
    sector: str | None
    unit: str
    enterprise: str | None
    due_at: datetime


def delivery_id(letter_id: UUID, channel: str) -> UUID:
    """Return the id of a letter's delivery over a channel: the receiver's key for dropping repeats."""
    return uuid5(letter_id, channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One begun attempt; `endpoint_closed` says that its endpoint wants no more messages."""

    delivery_id: UUID
    letter_id: UUID
    attempt: int
    channel: str
    address: str | None
    endpoint: str | None
    endpoint_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDelivery:
    """A delivery whose row this transaction has locked; `county` and `unit` are whom its letter is for.

    `position` grows with age: the oldest has the least.

    `lease_until` (wall time) is set while an attempt is under way; it waits since `pending_since` (wall time).
    """

    delivery_id: UUID
    position: int
    letter_id: UUID
    state: Delivery
    address: str | None
    endpoint: str | None
    lease_until: datetime | None
    pending_since: datetime
    county: str
    unit: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a delivery: told to whoever wrote its letter, in the same transaction.

    `states` are those of all deliveries of the letter, this one's new one included.
    """

    letter_id: UUID
    delivery: Delivery
    fact: Fact | None
    states: Sequence[DeliveryState]
