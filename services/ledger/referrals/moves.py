"""移交 and the reply to it (S4.32, P1.7, P2.20): rules, refusals, roles."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.types import CountyCode, DocumentNumber, Identifier, LongText, Sector, Unit
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.belonging import is_of_or_above
from services.chassis.access.roles import OFFICES, REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.model.hand import Hand, misplaced
from services.ledger.referrals.model import Referral, ReferralKind, Reply

ROLES: Final = OFFICES | REGULATORS


class Refer(msgspec.Struct, frozen=True, kw_only=True):
    """移交 to `body` on `referred_on`. `hazard` is the id or number of the hazard that gave rise to it, if one did.

    `county` and `sector` are those of the hazard where there is one, and may be left out then. An account of one sector refers what is of that.
    """

    kind: ReferralKind
    body: Unit
    document: DocumentNumber
    matter: LongText
    county: CountyCode | None = None
    sector: Sector | None = None
    hazard: Identifier | None = None
    referred_on: date


class RecordReply(msgspec.Struct, frozen=True, kw_only=True):
    """反馈: what the body replied, on which day, and whether it took the matter up."""

    replied_on: date
    taken_up: bool
    reply: LongText


def refer(
    command: Refer, referral_id: str, hazard: Hazard | None, by: Hand, *, counties: Container[str]
) -> Referral | Refusal:
    """Return a new referral, or why it is refused. A county refers what is its own, the city what is of its `counties`."""
    county = hazard.county if hazard else command.county or by.county
    if not is_of_or_above(by.county, county):
        return refusal("referral-outside-area", field="county")
    if refused := misplaced(command.county, command.sector, hazard, counties):
        return refused
    if command.referred_on > by.today:
        return refusal("referral-day-in-future", field="referred_on", today=by.today.isoformat())
    return Referral(
        referral_id=referral_id,
        kind=command.kind,
        body=command.body,
        document=command.document,
        matter=command.matter,
        county=county,
        sector=hazard.sector if hazard else command.sector,
        hazard_id=hazard.hazard_id if hazard else None,
        hazard_number=hazard.number if hazard else None,
        from_unit=by.actor.unit,
        referred_on=command.referred_on,
        recorded_at=by.at,
        reply=None,
    )


def record_reply(referral: Referral, command: RecordReply, by: Hand) -> Referral | Refusal:
    """Return the referral with its reply, or why that is refused: it has one, or the day can't be."""
    if referral.reply is not None:
        return refusal("referral-already-replied", replied=referral.reply.replied_on.isoformat())
    if not referral.referred_on <= command.replied_on <= by.today:
        return refusal(
            "reply-day-out-of-range",
            field="replied_on",
            first=referral.referred_on.isoformat(),
            last=by.today.isoformat(),
        )
    reply = Reply(replied_on=command.replied_on, taken_up=command.taken_up, reply=command.reply)
    return msgspec.structs.replace(referral, reply=reply)
