"""Writing down which events are promised, for the rounds of all counties: those that meet here share a transaction.

Counties share no round of the intake, because one whose topic is in trouble must keep nobody else waiting. What their
rounds write waits for no topic. A large one has a transaction of its own, so that no county's bulk keeps another's
single event waiting.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.chassis.process import failpoints
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database, is_retryable
from services.chassis.storage.rounds import MOST, Rounds, RoundsFull
from services.chassis.telemetry.acts import Act
from services.gateway.intake.model.claims import Claim, Refused
from services.gateway.intake.model.outcomes import Queued, outcome_of, standing
from services.gateway.receipts import tables as receipts
from services.gateway.receipts.model import Earlier, Reservation

Examined = Sequence[Claim | Refused]
"""The events of one request, as far as they can be read."""
_Asked = TypeVar("_Asked", bound=Sized)
_Said = TypeVar("_Said")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a county's round."""

    examined: Examined
    act: Act | None

    def __len__(self) -> int:
        """Return how many events it holds."""
        return len(self.examined)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a county's round would promise: its requests, and of what they send under one id the first."""

    county: str
    requests: Sequence[Asked]
    distinct: Mapping[UUID, Claim]

    def __len__(self) -> int:
        """Return how many events its requests hold."""
        return sum(map(len, self.requests))


class Reserved(NamedTuple):
    """The claim that stands under each id, and what is known from before."""

    stands: Mapping[UUID, Claim]
    earlier: Mapping[UUID, Earlier]


class Promises:
    """Reserves the ids of events, and marks what the broker has. Both raise what is retryable while the database is away."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._reserving: Rounds[Wanted, Reserved] = Rounds(_away_for_all(self._reserve), weight=len)
        self._marking: Rounds[Sequence[UUID], None] = Rounds(_away_for_all(self._mark), weight=len)

    async def reserve(self, wanted: Wanted) -> Reserved:
        """Reserve a round's ids; the trail says of its requests which events they sent."""
        return await _shared_if_small(self._reserving, self._reserve, wanted)

    async def mark(self, acknowledged: Sequence[UUID]) -> None:
        """Note that the broker has these events."""
        await _shared_if_small(self._marking, self._mark, acknowledged)

    async def _reserve(self, several: Sequence[Wanted]) -> list[Reserved]:
        # A transaction, so that the trail's rows of these requests stand or fall with what is reserved.
        async with self._database.transaction() as connection:
            # No id is of two counties: a receipt's is made of the topic, too.
            earlier = await receipts.reserve(connection, [each for wanted in several for each in _reservations(wanted)])
            reserved = [_reserved(wanted, earlier) for wanted in several]
        failpoints.reach("gateway.after_reserve")
        return reserved

    async def _mark(self, several: Sequence[Sequence[UUID]]) -> list[None]:
        async with self._database.acquire() as connection:
            await receipts.mark_queued(connection, [each for some in several for each in some], self._clock.now())
        return [None] * len(several)


def _reservations(wanted: Wanted) -> list[Reservation]:
    return [
        Reservation(
            claim.receipt_id,
            wanted.county,
            claim.event.id,
            claim.event.source,
            claim.event.type,
            claim.reference,
            claim.digest,
        )
        for claim in wanted.distinct.values()
    ]


def _reserved(wanted: Wanted, earlier: Mapping[UUID, Earlier]) -> Reserved:
    """Return what stands of a round's ids, and note in its requests' acts which events they sent."""
    known = {key: earlier[key] for key in wanted.distinct if key in earlier}
    everything = [item for asked in wanted.requests for item in asked.examined]
    stands = standing(everything, wanted.distinct, known)
    for asked in wanted.requests:
        if asked.act is not None:
            said = (outcome_of(item, stands) for item in asked.examined)
            asked.act.sent(outcome.event_id for outcome in said if isinstance(outcome, Queued))
    return Reserved(stands, known)


async def _shared_if_small(
    rounds: Rounds[_Asked, _Said], take: Callable[[Sequence[_Asked]], Awaitable[Sequence[_Said]]], asked: _Asked
) -> _Said:
    if len(asked) <= MOST:
        with contextlib.suppress(RoundsFull):
            return await rounds.ask(asked)
    (said,) = await take([asked])
    return said


def _away_for_all(
    take: Callable[[Sequence[_Asked]], Awaitable[Sequence[_Said]]],
) -> Callable[[Sequence[_Asked]], Awaitable[Sequence[_Said | Exception]]]:
    """Tell everybody at once that the database is away, instead of letting each find out alone."""

    async def taking(several: Sequence[_Asked]) -> Sequence[_Said | Exception]:
        try:
            return await take(several)
        except Exception as error:
            if not is_retryable(error):
                raise
            return [error] * len(several)

    return taking
