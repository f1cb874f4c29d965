"""What stands between the rules and the outside: letters to store, rows that are locked, parcels to send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from duban_contracts.events.notices import DeliveryChannel
from services.notifications.domain.delivery import Delivery
from services.notifications.domain.numbering import Number


@dataclass(frozen=True, slots=True)
class LetterHead:
    """What every notice event says about its letter, and the thread back to the event that caused it."""

    letter_id: UUID
    number: str
    kind: str
    hazard_id: str
    hazard_number: str
    county: str
    unit: str
    cause_event: str
    correlation: str
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One way a new letter is to travel; without an address it can only fail."""

    delivery_id: UUID
    letter_id: UUID
    channel: DeliveryChannel
    address: str | None
    endpoint: str | None


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter about to be stored: `issued_at` is domain time."""

    head: LetterHead
    number: Number
    sector: str
    addressee: str | None
    addressee_unit: str | None
    deadline_number: int
    deadline_on: date
    title: str
    body: str
    issued_at: datetime
    routes: Sequence[NewDelivery]


@dataclass(frozen=True, slots=True)
class OpenLetter:
    """A letter whose row this transaction has locked; `version` counts its notice events."""

    head: LetterHead
    version: int
    addressee_unit: str | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True)
class OpenDelivery:
    """A delivery whose row, and whose letter's row, this transaction has locked.

    `lease_until` (wall time) is set while an attempt is under way.
    """

    delivery_id: UUID
    letter: OpenLetter
    state: Delivery
    endpoint: str | None
    lease_until: datetime | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One begun attempt to deliver a letter; `delivery_id` is the same on every attempt."""

    delivery_id: UUID
    letter_id: UUID
    attempt: int
    channel: DeliveryChannel
    address: str | None
    endpoint: str | None
    endpoint_closed: bool
    kind: str
    number: str
    title: str
    body: str
    hazard_number: str
    county: str
    unit: str
    deadline_on: date
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of a letter: `title` stands in the subject line, `body` is the whole document."""

    title: str
    body: str
