"""What the application asks of the outside: letter paper, channels, and the stores of letters and deliveries.

A store's methods work inside the transaction of the connection they are given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol
from uuid import UUID

from duban_contracts.events.notices import DeliveryChannel
from services.chassis.storage.database import Connection
from services.notifications.domain.delivery import Answer, Delivery, DeliveryState
from services.notifications.domain.letters import Cause, LetterKind, LetterState
from services.notifications.domain.numbering import Series
from services.notifications.domain.records import (
    NewDelivery,
    NewLetter,
    OpenDelivery,
    OpenLetter,
    Parcel,
    Wording,
)


class Stationery(Protocol):
    """The city's templates."""

    def write(self, kind: LetterKind, facts: Mapping[str, str | int]) -> Wording:
        """Return the letter of this kind about these facts; values are text, never templates."""
        ...


class Channel(Protocol):
    """A way letters travel."""

    async def send(self, parcel: Parcel, address: str) -> Answer:
        """Send once and return the channel's own answer, also when that is a refusal; bounded in time."""
        ...


class LetterStore(Protocol):
    """Letters, their causes and their numbers."""

    async def claim_causes(self, connection: Connection, causes: Sequence[Cause]) -> AbstractSet[Cause]:
        """Remember `causes` (in one fixed order) and return those that nobody had claimed before."""
        ...

    async def take_numbers(self, connection: Connection, demand: Sequence[tuple[Series, int]]) -> Mapping[Series, int]:
        """Take numbers and return each series' last one; the series stays locked until the transaction ends."""
        ...

    async def insert(self, connection: Connection, letters: Sequence[NewLetter]) -> None:
        """Store new letters, in this order."""
        ...

    async def lock(self, connection: Connection, letter_id: UUID) -> OpenLetter | None:
        """Lock a letter and return it."""
        ...

    async def advance(self, connection: Connection, letter: OpenLetter, state: LetterState, events: int) -> None:
        """Store what became of a locked letter and count `events` more notice events."""
        ...

    async def acknowledge(self, connection: Connection, letter_id: UUID, account: str, at: datetime) -> None:
        """Store who signed for a locked letter, and when."""
        ...


class DeliveryStore(Protocol):
    """Deliveries and their attempts."""

    async def insert(self, connection: Connection, deliveries: Sequence[NewDelivery], due: datetime) -> None:
        """Store new deliveries, due at `due` (wall time)."""
        ...

    async def begin_due(
        self, connection: Connection, *, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[Parcel]:
        """Begin up to `limit` due deliveries that nobody else is taking, oldest first, and return them."""
        ...

    async def expired(self, connection: Connection, now: datetime) -> Sequence[tuple[UUID, UUID]]:
        """Return (letter id, delivery id) of begun attempts whose lease ran out."""
        ...

    async def lock(self, connection: Connection, letter: OpenLetter, delivery_id: UUID) -> OpenDelivery | None:
        """Lock a delivery of a locked letter and return it."""
        ...

    async def letter_of(self, connection: Connection, delivery_id: UUID) -> UUID | None:
        """Return the letter a delivery belongs to."""
        ...

    async def close_attempt(
        self, connection: Connection, delivery_id: UUID, attempt: int, answer: Answer, at: datetime
    ) -> None:
        """Store the answer to an attempt."""
        ...

    async def store(self, connection: Connection, delivery_id: UUID, state: Delivery, now: datetime) -> None:
        """Store where a locked delivery stands."""
        ...

    async def states_of(self, connection: Connection, letter_id: UUID) -> Sequence[DeliveryState]:
        """Return the states of all deliveries of a letter."""
        ...

    async def close_endpoint(self, connection: Connection, endpoint: str, at: datetime) -> None:
        """Remember that an endpoint wants no more messages."""
        ...

    async def open_endpoint(self, connection: Connection, endpoint: str) -> None:
        """Forget that an endpoint was closed."""
        ...

    async def readdress(self, connection: Connection, delivery_id: UUID, address: str, endpoint: str) -> None:
        """Store a delivery's new address."""
        ...

    async def decide(
        self, connection: Connection, delivery_id: UUID, decision: str, account: str, at: datetime
    ) -> None:
        """Record an operator's decision."""
        ...

    async def census(self, connection: Connection) -> Sequence[tuple[DeliveryChannel, DeliveryState, int]]:
        """Count the deliveries that are not delivered, by channel and state."""
        ...

    async def oldest_pending(self, connection: Connection) -> datetime | None:
        """Return since when (wall time) the oldest pending delivery waits."""
        ...
