"""责令停产停业、停止使用: a regulator with power stops what can't be made safe while it is mended (DOMAIN §3 row 14).

《安全生产法》 article 65: so it is ordered before or while a hazard is mended; S4 item 32, P6 item 9: against who refuses to
mend, or breaks the law gravely.

All of it or a named part, by a document and from a day on. The hazard goes on as before, shows the order in `stopped`, and
can't be closed or merged away meanwhile (constraint `hazard_stopped_while_open`). One order holds at a time; an order without a
hazard is entered by registering one.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.stops import EnterpriseStopped
from duban_contracts.events.types import DocumentNumber, HazardFacts, ShortText, StopKind, StopOrder, StopScope
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.roles import REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.authority import authority_of, what_is_ordered, who_ordered
from services.ledger.hazards.moves.list_hazard import LIST
from services.ledger.hazards.moves.move import Decision, Move, Stamp


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """责令停产停业 (`production`) or 停止使用 (`use`) by `document`, from `since` on; `part` says what stops where not all does."""

    document: DocumentNumber
    kind: StopKind
    scope: StopScope
    part: ShortText | None = None
    since: date


def _stop(hazard: Hazard, command: Stop, stamp: Stamp, after: HazardFacts) -> Decision:
    authority = authority_of(stamp.actor, hazard)
    if authority is None:
        return refusal("role-not-allowed", action=STOP.zh, roles=", ".join(sorted(STOP.roles)))
    if refused := _may_be_stopped(hazard, command, stamp):
        return refused
    order = StopOrder(
        number=hazard.stop_count + 1,
        kind=command.kind,
        scope=command.scope,
        part=command.part,
        authority=authority.unit,
        county=authority.county,
        document=command.document,
        since=command.since,
    )
    stopped = msgspec.structs.replace(after, stopped=order)
    return EnterpriseStopped(hazard=stopped, actor=stamp.actor, occurred_at=stamp.at, order=order)


def _may_be_stopped(hazard: Hazard, command: Stop, stamp: Stamp) -> Refusal | None:
    if hazard.stopped is not None:
        order = hazard.stopped
        named = {"authority": who_ordered(order), "document": order.document, "order": what_is_ordered(order)}
        return refusal("already-stopped", **named)
    if (command.part is None) is not (command.scope is StopScope.WHOLE):
        return refusal("stop-part-mismatch", field="part")
    if not hazard.found_on <= command.since <= stamp.today:
        first, last = hazard.found_on.isoformat(), stamp.today.isoformat()
        return refusal("stop-day-out-of-range", field="since", first=first, last=last)
    return None


STOP: Final = Move(
    name="stop",
    zh="责令停产停业",
    summary="责令停产停业或停止使用",
    source="DOMAIN §3 row 14",
    command=Stop,
    leads=LIST.leads,
    decide=_stop,
    roles=REGULATORS,
    refusals=("already-stopped", "stop-part-mismatch", "stop-day-out-of-range"),
)
