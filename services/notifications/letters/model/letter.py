"""A letter: its state follows from its notices and from what became of its deliveries."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.notices import NoticeAcknowledged, NoticeEvent, NoticeRecalled
from duban_contracts.events.types import Subject
from services.chassis.access.belonging import is_of, is_of_or_above
from services.notifications.delivery.model.delivery import DeliveryState
from services.notifications.letters.model.numbering import Number


class LetterState(enum.StrEnum):
    """What became of a letter: on its way, taken by a channel, in doubt, refused by all, signed for."""

    ISSUED = "issued"
    DELIVERED = "delivered"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Thread:
    """The thread back to the event that caused a letter; all its notices carry it on."""

    event: str
    correlation: str
    traceparent: str | None

    @classmethod
    def of(cls, event: CloudEvent) -> Thread:
        """Return the thread that begins or goes on with `event`."""
        return cls(event.id, event.correlationid or event.id, event.traceparent)

    def cause(self) -> CloudEvent:
        """Return as much of the causing event as a new event's envelope needs."""
        return CloudEvent(
            id=self.event,
            source="/duban",
            type="",
            data=b"",
            correlationid=self.correlation,
            traceparent=self.traceparent,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter. `version` counts its notice events; 0 means that it is not stored yet. `issued_at` is domain time.

    `recalled_at` says since when it no longer holds, whatever became of it. `acknowledged_…` is the receiving office's
    receipt, `enterprise_acknowledged_…` that of the enterprise whose matter it is; neither stands for the other.
    `unit` is the unit it is for, `addressee_unit` the office it was sent to; they differ where an office stands in.
    """

    letter_id: UUID
    number: str
    place: Number
    about: Subject
    county: str
    township: str | None
    sector: str | None
    unit: str
    enterprise: str | None
    addressee: str | None
    addressee_unit: str | None
    due_on: date | None
    title: str
    body: str
    issued_at: datetime
    thread: Thread
    state: LetterState = LetterState.ISSUED
    version: int = 0
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    enterprise_acknowledged_at: datetime | None = None
    enterprise_acknowledged_by: str | None = None
    recalled_at: datetime | None = None

    @property
    def kind(self) -> str:
        """The kind of letter, as its series of numbers has it."""
        return self.place.series.kind

    @property
    def head(self) -> dict[str, Any]:
        """What every notice says about its letter. No address of an office ever stands in it."""
        return {
            "letter_id": str(self.letter_id),
            "number": self.number,
            "kind": self.kind,
            "about": self.about,
            "county": self.county,
            "unit": self.unit,
        }


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs: the account, the one county it belongs to (None: to none or to all) and its unit, where it has one.

    `enterprise` is set where the account is that of an enterprise's principal.
    """

    account: str
    county: str | None
    unit: str | None
    enterprise: str | None = None


def evolve(letter: Letter | None, notice: NoticeEvent) -> Letter:
    """Return the letter after one more notice. Raises ValueError without a letter: a notice does not tell its text."""
    if letter is None:
        raise ValueError(f"{notice.letter_id} is told about before it is written")
    counted = replace(letter, version=letter.version + 1)
    if isinstance(notice, NoticeRecalled):
        return replace(counted, recalled_at=notice.occurred_at)
    if not isinstance(notice, NoticeAcknowledged):
        return counted
    if notice.by_enterprise:
        return replace(
            counted,
            enterprise_acknowledged_at=notice.occurred_at,
            enterprise_acknowledged_by=notice.acknowledged_by,
        )
    return replace(
        counted,
        state=LetterState.ACKNOWLEDGED,
        acknowledged_at=notice.occurred_at,
        acknowledged_by=notice.acknowledged_by,
    )


def travelled(letter: Letter, deliveries: Collection[DeliveryState]) -> Letter:
    """Return the letter in the state that its deliveries give it: one channel that took it is enough."""
    return replace(letter, state=_state(letter, deliveries))


def _state(letter: Letter, deliveries: Collection[DeliveryState]) -> LetterState:
    if letter.acknowledged_at is not None:
        return LetterState.ACKNOWLEDGED
    if DeliveryState.DELIVERED in deliveries:
        return LetterState.DELIVERED
    if DeliveryState.PENDING in deliveries or DeliveryState.SENDING in deliveries:
        return LetterState.ISSUED
    return LetterState.UNCERTAIN if DeliveryState.UNCERTAIN in deliveries else LetterState.FAILED


def is_signed(letter: Letter, by: Signatory) -> bool:
    """Return whether the party for which `by` would sign has signed already."""
    return (letter.acknowledged_at if by.enterprise is None else letter.enterprise_acknowledged_at) is not None


def receives(letter: Letter, by: Signatory, committee_office: str) -> bool:
    """Return whether `by` may sign for a letter.

    An account signs if it is of the letter's own county (the city can't sign for a county) and of the unit the letter
    is for or was sent to; the county committee's office and accounts of no unit sign for all units of their county. A
    principal signs for letters about the own enterprise's hazards only (DOMAIN §10).
    """
    if by.enterprise is not None:
        return is_of(by.enterprise, letter.enterprise) and is_of(by.county, letter.county)
    return is_of(by.county, letter.county) and is_of_or_above(
        by.unit, letter.unit, letter.addressee_unit, committee_office
    )
