"""Taking counties' claims in, a batch at a time, in the transaction of the consumer's inbox (promise P1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, cast

from duban_contracts.admissible.dates import Present
from duban_contracts.events.claims import HazardReported
from duban_contracts.events.entering import EnteredClaim
from duban_contracts.refusals import Refusal
from duban_contracts.topics import claims_topic
from duban_contracts.validation import kept_reference, unreadable
from services.chassis.assembly import Platform
from services.chassis.consuming.answers import present_when
from services.chassis.consuming.batches import RefusedRecord
from services.chassis.consuming.deliveries import Delivery
from services.chassis.publishing.unit_of_work import Change, UnitOfWork
from services.chassis.storage.database import Connection
from services.ledger.claims.handlers.books import Pages
from services.ledger.claims.handlers.settlement import Screened, Settlement, settle_claims
from services.ledger.claims.model.decisions import Claim, screen
from services.ledger.claims.model.townships import Townships
from services.ledger.claims.tables import rejected, waiting
from services.ledger.hazards.handlers.journal import Journal, Ledger, keys_of, writing
from services.ledger.hazards.handlers.numbers import Numbers, take_numbers
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.tables.hazard_rows import HazardRow, Reference


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What taking claims needs: the ledger, who speaks on which topic, and the city's townships."""

    ledger: Ledger
    county_of: Mapping[str, str]
    townships: Townships

    @classmethod
    def on(cls, platform: Platform[Any]) -> Self:
        """Return the claims of this platform's counties."""
        prefix = platform.settings.topic_prefix
        return cls(
            ledger=Ledger.on(platform),
            county_of={claims_topic(county.code, prefix): county.code for county in platform.city.counties},
            townships=Townships(platform.city),
        )

    def present(self, taken_at: datetime) -> Present:
        """Return the day on which the broker took a claim, by its clock, in the city."""
        return present_when(taken_at, clock=self.ledger.clock, rules=self.ledger.rules)

    def settlement(self, journal: Journal, waits: Mapping[Reference, list[waiting.WaitingClaim]]) -> Settlement:
        """Return the settlement of claims in a journal; `waits` holds what waits under its references."""
        return Settlement(journal, self.ledger.clock, self.townships, waits)


async def take_claims(connection: Connection, deliveries: Sequence[Delivery], *, claims: Claims) -> None:
    """Take `deliveries` in, in their order, in the caller's transaction; the topic says which county is speaking.

    The statements are the same few, however many claims there are. Raises Retryable when another instance registered
    one of the hazards meanwhile.
    """
    presents = {instant: claims.present(instant) for instant in {delivery.timestamp for delivery in deliveries}}
    screened = [_screened(delivery, claims, presents[delivery.timestamp]) for delivery in deliveries]
    accepted = [one.claim for one in screened if not isinstance(one.claim, Refusal)]
    references = sorted({key for claim in accepted for key in keys_of(claim.county, claim.reference)})
    async with writing(connection, ledger=claims.ledger, references=references) as journal:
        settlement = claims.settlement(journal, await waiting.under(connection, references))
        numbers = await numbers_for(connection, journal, accepted)
        pages = await Pages.under(connection, accepted)
        settle_claims(screened, settlement, numbers, pages)
        await settlement.save(connection)
        await pages.save(connection)


async def refuse_records(connection: Connection, refused: Sequence[RefusedRecord], *, claims: Claims) -> None:
    """Answer records that are no events of the contract, each once, in the caller's transaction."""
    known = await rejected.kept(connection, [one.record for one in refused])
    fresh = [one for one in refused if one.record.origin not in known]
    if not fresh:
        return
    async with writing(connection, ledger=claims.ledger) as journal:
        settlement = claims.settlement(journal, {})
        for record, event, why in fresh:
            speaking = claims.county_of[record.topic]
            settlement.refuse(record, event, unreadable(event, why, speaking), county=speaking)
        await settlement.save(connection)


async def release_waiting(
    connection: Connection, unit: UnitOfWork[Any], changes: Sequence[Change[HazardRow]], *, claims: Claims
) -> None:
    """Apply or refuse what waited for what happened to these hazards, in the same transaction."""
    await _release(connection, cast("Journal", unit), [change.after.hazard for change in changes], claims)


async def follow_merging(
    connection: Connection, unit: UnitOfWork[Any], changes: Sequence[Change[HazardRow]], *, claims: Claims
) -> None:
    """Let what waits go along with hazards that were merged or taken out again, and look at it anew."""
    journal = cast("Journal", unit)
    homes: list[Hazard] = []
    for hazard in (change.after.hazard for change in changes):
        home = claims.settlement(journal, {}).going_on(hazard) or hazard
        await waiting.rehome(connection, hazard, home)
        homes.append(home)
    await _release(connection, journal, homes, claims)


async def _release(connection: Connection, journal: Journal, hazards: Iterable[Hazard], claims: Claims) -> None:
    waits = await waiting.under(connection, [(hazard.county, hazard.reference_key) for hazard in hazards])
    settlement = claims.settlement(journal, waits)
    for county, reference in waits:
        settlement.release(cast("Hazard", settlement.going_on(journal.under(county, reference))))
    await settlement.save(connection)


def _screened(delivery: Delivery, claims: Claims, present: Present) -> Screened:
    speaking = claims.county_of[delivery.topic]
    return Screened(delivery, speaking, screen(delivery.event, delivery.data, speaking, present))


async def numbers_for(connection: Connection, journal: Journal, accepted: Iterable[Claim | EnteredClaim]) -> Numbers:
    """Return per county the numbers for the hazards that this batch will register: exactly as many."""
    unknown = (
        claim
        for claim in accepted
        if isinstance(claim, HazardReported)
        and journal.under(claim.county, claim.reference) is None
        and kept_reference(claim) is None
    )
    wanted = Counter(county for county, _ in {keys_of(claim.county, claim.reference)[-1] for claim in unknown})
    return await take_numbers(connection, journal.rules.zone.day_of(journal.at).year, wanted)
