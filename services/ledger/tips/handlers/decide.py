"""Decide on a tip and tell of it. A verified tip becomes a hazard in the same transaction, through the ledger's journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from duban_contracts.events.scalars import OF_TIPS
from duban_contracts.events.types import Channel
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.acting import Acting, Now
from services.chassis.access.refusals import Caller
from services.chassis.publishing.envelopes import uuid7_text
from services.chassis.storage.database import Connection, Database
from services.chassis.web.preconditions import Precondition
from services.ledger.hazards.handlers.journal import writing
from services.ledger.hazards.handlers.numbers import take_numbers
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.moves import Correct, Register, decide, register
from services.ledger.tips import moves
from services.ledger.tips.handlers.office import TipOffice
from services.ledger.tips.model.tip import Tip
from services.ledger.tips.moves import By, CorrectVerification, Done, Verify
from services.ledger.tips.tables import rows
from services.ledger.vault.handlers.seal import names_reporter

Move = Callable[[Tip, Any, By], Done | Refusal]


async def move_tip(
    connection: Connection,
    name: str,
    said: Any,
    *,
    move: Move,
    expecting: Precondition,
    office: TipOffice,
    now: Now,
) -> Tip | Refusal:
    """Make a move on the tip of this id or number, in the caller's transaction; `said` is the move's command."""
    tip, acting = await _seen(connection, name, expecting, now)
    if isinstance(tip, Refusal):
        return tip
    done = move(tip, said, office.by(acting))
    if isinstance(done, Refusal):
        return done
    if against := await _names(tip, said, office):
        return against
    await rows.update(connection, *done)
    return done[0]


async def verify_tip(
    connection: Connection, name: str, said: Verify, *, expecting: Precondition, office: TipOffice, now: Now
) -> Tip | Refusal:
    """Verify a tip: from here on it counts as a hazard, with channel verified_tip.

    The hazard is told in the inspector's words, never in the reporter's, and stands under a reference of the tip's number.
    """
    tip, acting = await _seen(connection, name, expecting, now)
    if isinstance(tip, Refusal):
        return tip
    done = moves.verify(tip, said, office.by(acting))
    if isinstance(done, Refusal):
        return done
    if against := await _names(tip, said, office):
        return against
    hazard = await _register(connection, tip, said, office, acting)
    after = moves.as_hazard(done[0], hazard.hazard_id, hazard.number)
    await rows.update(connection, after, done[1])
    return after


async def correct_tip(
    connection: Connection,
    name: str,
    said: CorrectVerification,
    *,
    expecting: Precondition,
    office: TipOffice,
    now: Now,
) -> Tip | Refusal:
    """Put a verification right: the hazard's content follows as a correction in its history, until it is confirmed."""
    tip, acting = await _seen(connection, name, expecting, now)
    if isinstance(tip, Refusal):
        return tip
    done = moves.correct(tip, said, office.by(acting))
    if isinstance(done, Refusal):
        return done
    key = HazardKey(hazard_id=tip.hazard_id)
    async with writing(connection, ledger=office.ledger, hazards=[key], commands=True) as journal:
        hazard = journal.hazard(key)
        assert hazard is not None  # noqa: S101 - a verified tip's hazard is a foreign key
        event = decide(hazard, Correct(**_content(tip, said)), journal.stamp(acting.caller.actor, hazard))
        if isinstance(event, Refusal):
            return event
        # Only once the hazard takes it: who wrote a wrong guess would learn from one that is refused anyway.
        if against := await _names(tip, said, office):
            return against
        journal.enter(event)
    await rows.update(connection, *done)
    return done[0]


def _content(tip: Tip, said: Verify) -> dict[str, Any]:
    """Return what a hazard says that a visit found: the place and the sector are the tip's, the words the inspector's."""
    return {
        "channel": Channel.VERIFIED_TIP,
        "sector": tip.sector,
        "township_code": tip.township,
        "enterprise": said.enterprise,
        "place": said.place,
        "description": said.description,
        "found_on": said.visited_on,
        "suggested_grade": said.suggested_grade,
    }


async def reach_vault(database: Database, name: str, *, office: TipOffice, caller: Caller) -> None:
    """See that the vault answers where a move on this tip will ask it; raises VaultAway. Goes before the transaction.

    An anonymous tip waits for no vault.
    """
    async with database.acquire() as connection:
        tip = await rows.find(connection, name)
    if office.vault is not None and tip is not None and tip.has_reporter and caller.scope.covers(rows.facts_of(tip)):
        await office.vault.reach()


async def _names(tip: Tip, said: msgspec.Struct, office: TipOffice) -> Refusal | None:
    # What is written of a tip goes into records, events and counties' copies that nobody can take back.
    return await names_reporter(office.vault, tip.tip_id, said, known=(tip.place,)) if tip.has_reporter else None


async def _seen(connection: Connection, name: str, expecting: Precondition, now: Now) -> tuple[Tip | Refusal, Acting]:
    """Hold a tip; return it, or why not, and who acts since it is held."""
    tip = await rows.lock(connection, name)
    acting = now().after(tip.changed_at if tip else None)
    if tip is None or not acting.caller.finds(rows.facts_of(tip)):
        return refusal("tip-not-found", field="name"), acting
    return expecting.unmet(tip.version) or tip, acting


async def _register(connection: Connection, tip: Tip, said: Verify, office: TipOffice, acting: Acting) -> Hazard:
    reference = f"{OF_TIPS}{tip.number}"
    async with writing(
        connection, ledger=office.ledger, references=[(tip.county, reference)], commands=True
    ) as journal:
        # A county's own system has no business with such a reference; if it took one, the tip stands under its id.
        taken = journal.under(tip.county, reference) is not None
        numbers = await take_numbers(connection, acting.today.year, {tip.county: 1})
        command = Register(
            hazard_id=uuid7_text(),
            number=next(numbers[tip.county]),
            county=tip.county,
            reference=f"{OF_TIPS}{tip.tip_id}" if taken else reference,
            **_content(tip, said),
        )
        return journal.enter(register(command, journal.stamp(acting.caller.actor, None)))
