"""See that a channel is back, and make due what waits for it: by a letter that arrived, or by asking for a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from services.notifications.channels.model.answers import Away
from services.notifications.delivery.handlers.deps import Deps
from services.notifications.delivery.model.returning import Back, brought_forward
from services.notifications.delivery.tables import awaiting

_log = structlog.get_logger(__name__)

_ROUND: Final = 500
# Connections that are asked for at once, over all places that are away.
_ASKED: Final = 8


def shown_by(channel: str, address: str, deps: Deps, ways: Collection[Away] = tuple(Away)) -> set[Back]:
    """Return the places that a letter over this channel to this address shows to work, for what waits in these `ways`."""
    line = deps.lines.get(channel)
    return {Back(channel, away, line.carrier.place(address, away)) for away in ways} if line else set()


async def bring_forward(back: Collection[Back], deps: Deps) -> int:
    """Make due what waits for places that are back, and return how much; how fast it goes is for `begin_due` to say.

    In rounds of a transaction each. Only what is pending is touched, so nothing that may have arrived is sent again.
    """
    total, after, full = 0, 0, bool(back)
    while full:
        async with deps.database.transaction() as connection:
            found = await awaiting.lock(connection, back, after=after, limit=_ROUND)
            # A microsecond apart, so that the oldest goes first.
            moments = [deps.clock.wall() - timedelta(microseconds=left) for left in range(len(found), 0, -1)]
            sooner = [
                replace(each, state=state)
                for each, now in zip(found, moments, strict=True)
                if (state := brought_forward(each.state, now=now, schedule=deps.schedule)) is not None
            ]
            if sooner:
                await awaiting.store(connection, sooner)
        total += len(sooner)
        full = len(found) == _ROUND
        after = found[-1].position if found else after
    if total:
        _log.info("channel is back", channels=sorted({each.channel for each in back}), deliveries=total)
    return total


async def look_for_return(deps: Deps) -> None:
    """Ask each place that was not reached, and is waited for, for a connection, and make due what waits where one comes."""
    async with deps.database.acquire() as connection:
        places = await awaiting.unreached(connection)
    seats = asyncio.Semaphore(_ASKED)
    answers = await asyncio.gather(*(_reachable(channel, address, seats, deps) for channel, address in places))
    shown = [
        shown_by(channel, address, deps, [Away.UNREACHED])
        for (channel, address), reachable in zip(places, answers, strict=True)
        if reachable
    ]
    await bring_forward(set().union(*shown), deps)


async def _reachable(channel: str, address: str, seats: asyncio.Semaphore, deps: Deps) -> bool:
    line = deps.lines.get(channel)
    if line is None:
        return False
    async with seats:
        try:
            return await line.carrier.reachable(address)
        except Exception as error:  # noqa: BLE001 - a channel's bug must not stop the others' letters
            _log.error("channel failed", channel=channel, error=type(error).__name__)
            return False
