"""A batch of claims settled in memory: the language of the tests of claims. Nothing is written anywhere."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from duban_contracts.admissible.dates import Present
from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, from_kafka
from duban_contracts.codec import decode
from duban_contracts.events.feedback import ClaimEvent, ClaimRecorded, ClaimRejected, ClaimWaiting
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Actor
from duban_contracts.profile import Rules
from duban_contracts.testing.calendar import ZONE
from duban_contracts.testing.claims import sent
from duban_contracts.topics import claims_topic
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.testing.clock import ManualClock
from services.ledger.claims.handlers.books import Pages
from services.ledger.claims.handlers.settlement import Screened, Settlement, settle_claims
from services.ledger.claims.model.decisions import WaitingFor, screen
from services.ledger.claims.model.townships import Townships
from services.ledger.claims.tables.waiting import WaitingClaim
from services.ledger.hazards.handlers.journal import Journal, stream_of
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves import decide
from services.ledger.tests.people import CITY, HOME
from services.ledger.tests.telling import CITY as REGULATOR
from services.ledger.tests.telling import NOON


class Batch:
    """One transaction's claims; nothing is written anywhere."""

    def __init__(self, waiting: Mapping[tuple[str, str], list[WaitingClaim]] | None = None) -> None:
        self.journal = Journal(stream=stream_of(""), at=NOON, rules=Rules(zone=ZONE), topic_prefix="")
        self.settlement = Settlement(self.journal, ManualClock(NOON), Townships(CITY), waiting or {})
        self._offsets = itertools.count()
        self._numbers = {HOME: (f"{HOME}-2026-{serial:06d}" for serial in itertools.count(1))}

    def delivery(self, claim: EventData, at: datetime = NOON, county: str = HOME) -> Delivery:
        offset = next(self._offsets)
        event = sent(claim, event_id=f"e-{offset}")
        return Delivery(RawRecord(claims_topic(county), 0, offset, at, b"", event.data, []), event, claim)

    def take(self, *claims: EventData, at: datetime = NOON, county: str = HOME) -> Batch:
        deliveries = [self.delivery(claim, at, county) for claim in claims]
        screened = [Screened(d, county, screen(d.event, d.data, county, Present.at(at, ZONE))) for d in deliveries]
        settle_claims(screened, self.settlement, self._numbers, Pages())
        return self

    def moves(self, command: msgspec.Struct, actor: Actor = REGULATOR) -> Batch:
        """A person moves the hazard in the same transaction, and what waited for that is released."""
        decision = decide(self.hazard, command, self.journal.stamp(actor, self.hazard))
        assert isinstance(decision, HazardEvent), decision
        self.settlement.release(self.journal.enter(decision))
        return self

    @property
    def hazard(self) -> Hazard:
        found = self.journal.under(HOME, "AQ-1")
        assert found is not None
        return found

    @property
    def said(self) -> list[tuple[str, CloudEvent]]:
        """What goes out, in order, with its topic."""
        return [(m.topic, from_kafka(m.key, m.value, m.headers)) for m in self.journal._messages]

    @property
    def answers(self) -> list[ClaimEvent]:
        return [data for _, event in self.said if isinstance(data := decode(event), ClaimEvent)]

    @property
    def told(self) -> list[str]:
        """What the county is told of each claim, in a word."""
        return [word(answer) for answer in self.answers]

    @property
    def waiting(self) -> list[WaitingFor]:
        claims = itertools.chain.from_iterable(self.settlement._waiting.values())
        return [claim.waiting_for for claim in claims if not claim.done]


def word(answer: ClaimEvent) -> str:
    match answer:
        case ClaimRecorded():
            return answer.outcome
        case ClaimWaiting():
            return f"waits for {answer.waiting_for}"
        case ClaimRejected():
            return answer.code
        case _:
            raise AssertionError(answer)


def early(*claims: EventData, stage: WaitingFor) -> dict[tuple[str, str], list[WaitingClaim]]:
    """Claims that wait since an earlier transaction."""
    batch = Batch()
    kept = [
        WaitingClaim(HOME, "AQ-1", "AQ-1", batch.delivery(claim, NOON - timedelta(days=1)), stage, row, stage)
        for row, claim in enumerate(claims, 1)
    ]
    return {(HOME, "AQ-1"): kept}
