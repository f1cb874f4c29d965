"""Reserving events' ids for the rounds of all counties: those that meet here share a transaction.

Counties share no round of the intake, because one whose topic is in trouble must keep nobody else waiting. To reserve
waits for no topic. A large round has a transaction of its own, so that no county's bulk keeps another's single event
waiting, and so has one that meets an id which somebody else holds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

from services.chassis.process import failpoints
from services.chassis.process.clock import Clock
from services.chassis.process.short_tries import TRY_SECONDS, in_short_tries
from services.chassis.storage.beginning import waiting_at_most
from services.chassis.storage.beside import AtLocks
from services.chassis.storage.database import Database
from services.chassis.storage.rounds import MOST, Rounds, RoundsFull
from services.chassis.telemetry.acts import Act
from services.gateway.intake.model.claims import Claim, RefusedEvent
from services.gateway.intake.model.outcomes import Queued, outcome_of, standing
from services.gateway.receipts import tables as receipts
from services.gateway.receipts.model import Earlier, Reservation

# As long as a round may wait for an id that another transaction holds.
_ROUND_SECONDS: Final = 0.2

Examined = Sequence[Claim | RefusedEvent]
"""The events of one request, as far as they can be read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a county's round."""

    examined: Examined
    act: Act | None

    def __len__(self) -> int:
        """Return how many events it holds."""
        return len(self.examined)


@dataclass(frozen=True, slots=True)
class CountyRound:
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


class Reservations:
    """Reserves the ids of events."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._again = partial(in_short_tries, clock)
        # Of one county a later request meets what an earlier one left, also where both come by themselves.
        self._rounds: Rounds[CountyRound, Reserved] = Rounds(
            partial(self._take, seconds=_ROUND_SECONDS),
            at_locks=AtLocks(self._take_alone, self._again),
            apart=attrgetter("county"),
            weight=len,
        )

    async def reserve(self, wanted: CountyRound) -> Reserved:
        """Reserve the ids of a county's round; the trail says of its requests which events they sent.

        Raises what is retryable where the database is away.
        """
        if len(wanted) <= MOST:
            with contextlib.suppress(RoundsFull):
                return await self._rounds.ask(wanted)
        reserved: Reserved = await self._again(partial(self._take_alone, wanted))
        return reserved

    async def _take_alone(self, wanted: CountyRound) -> Reserved:
        (reserved,) = await self._take([wanted], seconds=TRY_SECONDS)
        return reserved

    async def _take(self, several: Sequence[CountyRound], *, seconds: float) -> list[Reserved]:
        # A transaction, so that the trail's rows of these requests stand or fall with what is reserved.
        async with self._database.transaction(settings=waiting_at_most(seconds)) as connection:
            # No id is of two counties: a receipt's is made of the topic, too.
            earlier = await receipts.reserve(connection, [each for wanted in several for each in _reservations(wanted)])
            reserved = [_reserved(wanted, earlier) for wanted in several]
        failpoints.reach("gateway.after_reserve")
        return reserved


def _reservations(wanted: CountyRound) -> list[Reservation]:
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


def _reserved(wanted: CountyRound, earlier: Mapping[UUID, Earlier]) -> Reserved:
    """Return what stands of a round's ids, and note in its requests' acts which events they sent."""
    known = {key: earlier[key] for key in wanted.distinct if key in earlier}
    everything = [item for asked in wanted.requests for item in asked.examined]
    stands = standing(everything, wanted.distinct, known)
    for asked in wanted.requests:
        if asked.act is not None:
            said = (outcome_of(item, stands) for item in asked.examined)
            asked.act.sent(outcome.event_id for outcome in said if isinstance(outcome, Queued))
    return Reserved(stands, known)
