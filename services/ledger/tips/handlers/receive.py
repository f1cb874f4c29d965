"""Take a tip in: what was reported into the ledger, who reported it into the vault and nowhere else."""

from __future__ import annotations

from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.acting import Now
from services.chassis.publishing.envelopes import uuid7_text
from services.chassis.storage.database import Connection
from services.chassis.storage.locks import hold_names
from services.ledger.tips import moves
from services.ledger.tips.handlers.office import SUBJECTS, TipOffice
from services.ledger.tips.model.tip import Tip
from services.ledger.tips.moves import Receive
from services.ledger.tips.tables import rows
from services.ledger.vault.handlers.seal import seal, why_not
from services.ledger.vault.model.identity import Identity


async def receive_tip(
    connection: Connection, said: Receive, reporter: Identity | None, *, office: TipOffice, now: Now
) -> Tip | Refusal:
    """Take in a tip in the caller's transaction; `reporter` is None for an anonymous one.

    People bring a tip to whom they know, so every office takes in what concerns the city; whose area it is, sees it.
    The identity is sealed in the vault's own transaction, last, while the tip is not committed yet: what fails before
    leaves nothing, and what fails after leaves an identity of no tip, which `keeping` lets go. The caller has reached the
    vault before the transaction began.
    """
    if against := _elsewhere(said, office) or why_not(office.vault, reporter, said):
        return against
    # Whoever takes the next number waits here, and looks at the clock behind it: numbers, their years and instants go one way.
    await hold_names(connection, "tip-number", [said.county])
    acting = now()
    number = await rows.next_number(connection, said.county, acting.today.year)
    tip_id = uuid7_text()
    done = moves.receive(said, tip_id, number, has_reporter=reporter is not None, by=office.by(acting))
    if isinstance(done, Refusal):
        return done
    tip, record = done
    await rows.insert(connection, tip, record)
    if reporter is not None and office.vault is not None:
        await seal(office.vault, tip_id, reporter, kind=SUBJECTS, at=acting.at)
    return tip


def _elsewhere(said: Receive, office: TipOffice) -> Refusal | None:
    """Refuse what lies outside the city: no officer of it could ever verify that."""
    if said.county not in office.counties:
        return refusal("tip-outside-area", field="county")
    # GB/T 10114: a township's nine digits begin with the six of its county.
    if said.township is not None and not said.township.startswith(said.county):
        return refusal("tip-outside-area", field="township")
    return None
