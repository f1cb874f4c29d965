"""Reading one hazard, or what stands under one reference; whoever knows it already may wait for what comes next.

An answer that waited is given after the caller's key and rights were looked at anew. Where the commit itself told what
is there now, nothing is read again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from fastapi import Request, Response

from services.chassis.access.refusals import Caller
from services.chassis.web.conditional import IfNoneMatch, Tagged
from services.chassis.web.paging import Cursor, page_of
from services.chassis.web.preconditions import etag
from services.chassis.web.problems import Problem
from services.chassis.web.waiting import Wish
from services.ledger.hazards.documents import HazardDocument
from services.ledger.hazards.handlers.journal import keys_of
from services.ledger.hazards.handlers.watching import Seen, Watch
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables.hazard_rows import Reference
from services.ledger.hazards.tables.register import Filter, facts_of

Admit = Callable[[Request], Awaitable[Caller]]
_UNHEARD: Final = {"Vary": "Prefer"}


class ByArrival(Cursor, frozen=True, tag="hazards"):
    """Where a page of hazards ends. Ids grow with time."""

    hazard_id: UUID


def end_of_page(hazard: Hazard) -> ByArrival:
    """Return where a page ends that ends with this hazard."""
    return ByArrival(hazard_id=UUID(hazard.hazard_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks (`admit` looks again whether it may), what it knows already, and how long it will wait for another."""

    caller: Caller
    admit: Admit
    wish: Wish
    known: IfNoneMatch

    async def again(self) -> Caller:
        """Return the caller as it is now; raises Problem for one that may no longer ask."""
        return await self.admit(self.wish.request)


async def one_hazard(watch: Watch, key: HazardKey, asking: Asking) -> Response:
    """Answer with a hazard and its version as ETag: at once, or as soon as it is another than the one known."""
    with watch.by_id.place(asking.caller.account, asking.wish) as place:
        may_wait = bool(asking.known)
        if may_wait and key.hazard_id:
            place.watch(key.hazard_id)
        hazard = await _found(watch, key, await watch.one(key, asking.caller.scope), asking.caller)
        if may_wait and asking.known.holds(etag(hazard.version)):
            if not key.hazard_id:
                place.watch(hazard.hazard_id)
            seen = await place.until(partial(_is_later, hazard.version))
            if seen is not None:
                caller, key = await asking.again(), HazardKey(hazard_id=hazard.hazard_id)
                hazard = await _found(watch, key, seen.hazard or await watch.one(key, caller.scope), caller)
    headers = asking.wish.applied if may_wait else _UNHEARD
    return Tagged(HazardDocument.of(hazard), version=hazard.version, headers=headers).unless(asking.known)


def _is_later(version: int, seen: Seen) -> bool:
    return seen.version > version


async def _found(watch: Watch, key: HazardKey, hazard: Hazard | None, caller: Caller) -> Hazard:
    if hazard is None:
        await watch.note_missed(key, caller)
    if hazard is None or not caller.finds(facts_of(hazard)):
        raise Problem("hazard-not-found", field="name")
    return hazard


def reference_of(wanted: Filter, caller: Caller) -> Reference | None:
    """Return the one reference to which a list is narrowed, or None: a county's own number means nothing without it."""
    county = wanted.county or caller.county
    return None if county is None or wanted.reference is None else (county, wanted.reference)


async def one_reference(
    watch: Watch,
    reference: Reference,
    asking: Asking,
    limit: int,
    read: Callable[[Caller], Awaitable[Sequence[Hazard]]] | None,
) -> Response:
    """Answer with the page of what stands under a reference: at once, or as soon as it is another than the one known.

    Whoever knows none waits until there is something. `read` gives the page (one more than `limit`) where more is asked
    of the hazards than their reference.
    """

    async def found_by(caller: Caller) -> Sequence[Hazard]:
        return _visible(await watch.under(reference, caller.scope), caller) if read is None else await read(caller)

    with watch.by_reference.place(asking.caller.account, asking.wish) as place:
        for key in keys_of(*reference):
            place.watch(key)
        found = await found_by(asking.caller)
        versions = {hazard.hazard_id: hazard.version for hazard in found}
        while _is_known(answer := _page(found, limit, asking.wish), found, asking.known):
            news = await place.until(partial(_is_newer, versions))
            if news is None:
                break
            versions.update({seen.hazard_id: seen.version for seen in news})
            caller = await asking.again()
            told = [seen.hazard for seen in news if seen.hazard is not None]
            # Where nothing was, what was committed is all there is.
            found = _visible(told, caller) if told and read is None and not found else await found_by(caller)
    return answer.unless(asking.known)


def _is_known(answer: Tagged, found: Sequence[Hazard], known: IfNoneMatch) -> bool:
    return known.holds(answer.tag) if known else not found


def _is_newer(versions: Mapping[str, int], news: Sequence[Seen]) -> bool:
    return any(seen.version > versions.get(seen.hazard_id, 0) for seen in news)


def _visible(hazards: Sequence[Hazard], caller: Caller) -> list[Hazard]:
    return [hazard for hazard in hazards if caller.scope.excludes(facts_of(hazard)) is None]


def _page(found: Sequence[Hazard], limit: int, wish: Wish) -> Tagged:
    page = page_of(found, limit, item=HazardDocument.of, cursor=end_of_page)
    return Tagged(page, headers=wish.applied)
