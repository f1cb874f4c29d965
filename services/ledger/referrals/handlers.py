"""Record referrals and the replies to them, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Container

import msgspec

from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.acting import Acting, Now
from services.chassis.access.scope import Facts
from services.chassis.publishing.envelopes import uuid7_text
from services.chassis.storage.database import Connection
from services.chassis.web.preconditions import Precondition
from services.ledger.hazards.handlers.find_hazard import find_hazard
from services.ledger.hazards.handlers.hands import hand_of
from services.ledger.hazards.handlers.sectors import own_sector
from services.ledger.referrals import tables
from services.ledger.referrals.model import Referral
from services.ledger.referrals.moves import RecordReply, Refer, record_reply, refer


def facts_of(referral: Referral) -> Facts:
    """Return what decides who may see a referral."""
    return Facts(county=referral.county, sector=referral.sector, unit=referral.from_unit)


async def hand_over(
    connection: Connection, command: Refer, *, acting: Acting, counties: Container[str]
) -> Referral | Refusal:
    """Record a referral; return it, or why not. A hazard outside the caller's scope is not there."""
    hazard = await find_hazard(connection, command.hazard, acting.caller) if command.hazard else None
    if command.hazard and hazard is None:
        return refusal("hazard-not-found", field="hazard")
    sector = command.sector if hazard else own_sector(command.sector, acting.caller.scope)
    if isinstance(sector, Refusal):
        return sector
    command = msgspec.structs.replace(command, sector=sector)
    made = refer(command, uuid7_text(), hazard, hand_of(acting), counties=counties)
    if isinstance(made, Referral):
        await tables.insert(connection, made, acting.account)
    return made


async def note_reply(
    connection: Connection, referral_id: str, command: RecordReply, *, expecting: Precondition, now: Now
) -> Referral | Refusal:
    """Record what the body replied; return the referral, or why not. What lies outside the scope is not there."""
    referral = await tables.find(connection, referral_id, lock=True)
    acting = now()
    if referral is None or not acting.caller.finds(facts_of(referral)):
        return refusal("referral-not-found", field="referral_id")
    if unmet := expecting.unmet(referral.version):
        return unmet
    made = record_reply(referral, command, hand_of(acting))
    if isinstance(made, Referral) and made.reply is not None:
        await tables.write_reply(connection, referral_id, made.reply, acting.account)
    return made
