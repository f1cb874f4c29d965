"""Taking counties' claims in, a batch at a time (上报、整改方案、整改完成)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.claims import HazardReported
from duban_contracts.topics import claims_topic
from duban_contracts.validation import Violation, check_claim
from services.chassis.consuming import deliveries as records
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.process.clock import ZONE, Clock
from services.chassis.storage.database import Connection
from services.ledger.adapters import claims as store
from services.ledger.adapters import hazards, locks
from services.ledger.application.claim_desk import ClaimDesk, Reference
from services.ledger.application.journal import Journal
from services.ledger.domain import refusals
from services.ledger.domain.claims import Claim, is_claim
from services.ledger.domain.hazard import Hazard
from services.ledger.domain.refusals import Refusal, RefusalKind

_MESSAGES_ZH: Final = {
    "not-a-cloudevent": "记录不是合法的 CloudEvents 1.0 事件",
    "unknown-event-type": "事件类型不在契约中",
    "invalid-payload": "事件内容不符合契约",
}
_SERIAL_DIGITS: Final = 6


class TakeClaims:
    """Applies batches of the consumer `ledger.claims`; the topic says which county is speaking."""

    def __init__(self, clock: Clock, counties: Iterable[str], topic_prefix: str) -> None:
        self._clock = clock
        self._prefix = topic_prefix
        self._county_of = {claims_topic(county, topic_prefix): county for county in counties}

    @property
    def topics(self) -> list[str]:
        """The topics of all counties."""
        return list(self._county_of)

    async def apply(self, connection: Connection, deliveries: Sequence[Delivery]) -> None:
        """Take `deliveries` in, in their order, in the caller's transaction."""
        screened = [(delivery, self._screen(delivery)) for delivery in deliveries]
        references = sorted({_reference(d.data) for d, refusal in screened if refusal is None})
        await locks.share_history(connection)
        await locks.hold_references(connection, references)
        entries = await hazards.lock_by_reference(connection, references)
        waiting = await store.waiting_for(connection, references)
        journal = Journal(self._clock.now(), self._prefix, entries.values())
        desk = ClaimDesk(journal, self._clock, self._prefix, waiting)
        known = {reference: entry.hazard for reference, entry in entries.items()}
        numbers = await self._numbers(connection, journal, screened, known)
        for delivery, refusal in screened:
            if refusal is not None:
                county = self._county_of[delivery.topic]
                reference = getattr(delivery.data, "reference", None)
                desk.refuse(delivery.record, delivery.event, refusal, county=county, reference=reference)
            else:
                self._take(desk, delivery, known, numbers)
        await desk.write(connection)

    async def refuse(
        self,
        connection: Connection,
        record: RawRecord,
        event: CloudEvent | None,
        reason: records.Refusal,
    ) -> None:
        """Answer a record that is no event of the contract, once, in the caller's transaction."""
        if await store.is_rejected(connection, record):
            return
        county = self._county_of[record.topic]
        desk = ClaimDesk(Journal(self._clock.now(), self._prefix), self._clock, self._prefix)
        desk.refuse(record, event, _unreadable(event, reason, county), county=county)
        await desk.write(connection)

    def _screen(self, delivery: Delivery) -> Refusal | None:
        """Return why a readable event can't be a claim of the county that is speaking, or None."""
        if not is_claim(delivery.data):
            return refusals.not_a_claim(delivery.event.type)
        speaking, named = self._county_of[delivery.topic], delivery.data.county  # type: ignore[attr-defined]
        if speaking != named:
            return refusals.county_mismatch(speaking, named)
        # A county on its own topic is held to the same closed contract as one behind the gateway.
        found = check_claim(delivery.event, speaking)
        if found:
            return _as_refusal(found[0])
        return None

    def _take(
        self,
        desk: ClaimDesk,
        delivery: Delivery,
        known: dict[Reference, Hazard],
        numbers: dict[str, Iterator[str]],
    ) -> None:
        claim: Any = delivery.data
        reference = _reference(claim)
        hazard = known.get(reference)
        if not isinstance(claim, HazardReported):
            after = desk.follow_up(delivery, claim, hazard)
        elif hazard is None:
            after = desk.register(delivery, claim, next(numbers[claim.county]))
        else:
            after = desk.report_again(delivery, claim, hazard)
        if after is not None:
            known[reference] = after

    async def _numbers(
        self,
        connection: Connection,
        journal: Journal,
        screened: Sequence[tuple[Delivery, Refusal | None]],
        known: dict[Reference, Hazard],
    ) -> dict[str, Iterator[str]]:
        """Return per county the numbers for the hazards that this batch will register: exactly as many."""
        new = {
            _reference(delivery.data)
            for delivery, refusal in screened
            if refusal is None and isinstance(delivery.data, HazardReported)
        } - known.keys()
        wanted = Counter(county for county, _ in new)
        if not wanted:
            return {}
        year = journal.at.astimezone(ZONE).year
        first = await hazards.next_serials(connection, year, wanted)
        return {county: _serials(county, year, first[county], count) for county, count in wanted.items()}


def _unreadable(event: CloudEvent | None, reason: records.Refusal, county: str) -> Refusal:
    """Return the refusal of a record that can't be read: in the contract's own words where it has an envelope."""
    found = check_claim(event, county) if event is not None else []
    if found:
        return _as_refusal(found[0])
    message = _MESSAGES_ZH.get(reason.code, "记录无法受理")
    detail = f"{message}（{reason.field}：{reason.rule}）" if reason.field else message
    return Refusal(reason.code, detail, RefusalKind.INVALID, reason.field, reason.rule)


def _as_refusal(found: Violation) -> Refusal:
    return Refusal(found.code, found.message_zh, RefusalKind.INVALID, found.field, found.rule)


def _serials(county: str, year: int, first: int, count: int) -> Iterator[str]:
    for serial in range(first, first + count):
        yield f"{county}-{year}-{serial:0{_SERIAL_DIGITS}d}"


def _reference(claim: Any) -> Reference:
    data: Claim = claim
    return data.county, data.reference
