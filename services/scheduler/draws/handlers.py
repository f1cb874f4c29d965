"""Announce a draw, and draw it: the input is frozen by the first, the result by the second."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from duban_contracts.refusals import Refusal, refusal, violation
from services.chassis.access.acting import Acting
from services.chassis.access.scope import Facts
from services.chassis.storage.database import Connection
from services.scheduler.draws import tables
from services.scheduler.draws.model.announcement import (
    Announcement,
    canonical,
    county_of,
    digest_of,
    draw_id_of,
    first_id_of,
)
from services.scheduler.draws.model.drawing import check, draw
from services.scheduler.draws.tables import Draw
from services.scheduler.duties.model.checks import check_days


async def announce(connection: Connection, said: Announcement, *, acting: Acting) -> Draw | list[Refusal]:
    """Announce a draw in the caller's transaction; the same input again finds the draw, another one is refused.

    A number is the announcing area's own; one that was announced before the ids said so stands for all areas.

    A county's office announces what lies wholly in its county; a draw over several is the city's.
    """
    if not acting.caller.finds(Facts(county=county_of(said))):
        return [refusal("draw-beyond-county", field="$.targets")]
    new = Draw(
        draw_id=draw_id_of(acting.caller.named_area, said.document_number),
        input=said,
        input_sha256=digest_of(canonical(said)),
        announced_at=acting.at,
        announced_by=acting.account,
    )
    known = await tables.find(connection, new.draw_id)
    known = known or await tables.find(connection, first_id_of(said.document_number))
    if known is None:
        broken = [*check_days(_days(said)), *check(said)]
        if said.draws_on <= acting.today:
            broken.append(violation("draw-day-not-ahead", "$.draws_on", today=acting.today))
        if broken:
            return broken
        if await tables.insert(connection, new):
            return new
        known = await tables.find(connection, new.draw_id)
    if known is None or known.input_sha256 != new.input_sha256:
        return [refusal("draw-announced", field="$.document_number")]
    return known


async def hold(
    connection: Connection, draw_id: str, *, input_sha256: str, secrets: Sequence[str], acting: Acting
) -> Draw | Refusal:
    """Draw what was announced, or return what was drawn before; there is no second result.

    Everybody reads draws, but holds only those of the own area: another county's is not there to be drawn.
    """
    found = await tables.lock(connection, draw_id)
    if found is None or not acting.caller.finds(Facts(county=county_of(found.input))):
        return refusal("draw-not-found", field="draw_id")
    if not found.input_sha256 == input_sha256 == digest_of(canonical(found.input)):
        return refusal("draw-input-differs", field="$.input_sha256", digest=found.input_sha256)
    if sorted(map(digest_of, secrets)) != sorted(found.input.commitments):
        return refusal("draw-secret-differs", field="$.secrets")
    if found.result is not None:
        return found
    if acting.today < found.input.draws_on:
        return refusal("draw-too-early", field="draw_id", day=found.input.draws_on)
    drawn = msgspec.structs.replace(
        found,
        result=draw(found.input, secrets),
        secrets=tuple(sorted(secrets, key=digest_of)),
        drawn_at=acting.at,
        drawn_by=acting.account,
    )
    await tables.keep_result(connection, drawn)
    return drawn


def _days(said: Announcement) -> dict[str, date | None]:
    days: dict[str, date | None] = {
        "$.draws_on": said.draws_on,
        "$.inspect_from": said.inspect_from,
        "$.inspect_until": said.inspect_until,
    }
    for at, each in enumerate(said.inspectors):
        if each.leave is not None:
            days[f"$.inspectors[{at}].leave.since"] = each.leave.since
            days[f"$.inspectors[{at}].leave.until"] = each.leave.until
    return days
