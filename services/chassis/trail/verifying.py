"""Checking a trail from end to end: what was edited, removed, slipped in, put elsewhere, or cut off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from services.chassis.trail import tables
from services.chassis.trail.model import BEGINNING, ChainFault, Fault, Head, Seal, check_anchor, check_link, check_rows

MOST_FINDINGS = 1000
"""More of them say nothing more."""


class ChainVerdict(NamedTuple):
    """What a check came to: how much was looked at, where the chain stands, and what is wrong (nothing, when whole).

    `sealed_at` is when the head was made, `pruned` are kept heads that stood before what is left, and `is_taken_over` says
    whether the tables are out of the service's hands.
    """

    rows: int
    seals: int
    head: Head
    sealed_at: datetime | None
    unsealed: int
    findings: Sequence[ChainFault]
    pruned: Sequence[Head]
    is_taken_over: bool


async def verify(connection: asyncpg.Connection[asyncpg.Record], kept: Sequence[Head] = ()) -> ChainVerdict:
    """Check the whole trail as of one instant; `kept` are heads that somebody kept, which the chain must hold."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        anchor = await tables.last_anchor(connection)
        head, sealed_at = (anchor.head, anchor.sealed_at) if anchor else (BEGINNING, None)
        pruned = [each for each in kept if each.number < head.number]
        missing, findings, rows, seals = set(kept) - {head, *pruned}, list[ChainFault](), 0, 0
        first: Seal | None = None
        async for seal in tables.seals(connection):
            first = first or seal
            findings += check_link(seal, head)
            found = await tables.rows_at(connection, seal.positions)
            findings += check_rows(seal, {row.position: row for row in found})
            head, sealed_at = Head(seal.number, seal.digest), seal.sealed_at
            missing.discard(head)
            rows, seals = rows + len(found), seals + 1
            if len(findings) >= MOST_FINDINGS:
                break
        else:
            findings += [
                ChainFault(Fault.SLIPPED_IN, each) for each in await tables.strangers(connection, MOST_FINDINGS)
            ]
            findings += [
                ChainFault(Fault.HEAD_MISSING, each.number) for each in sorted(missing, key=lambda h: h.number)
            ]
        if anchor is not None:
            findings[:0] = check_anchor(anchor, first, await tables.now(connection))
        unsealed, _ = await tables.unsealed(connection)
        is_taken_over = await tables.is_taken_over(connection)
    return ChainVerdict(rows, seals, head, sealed_at, unsealed, findings[:MOST_FINDINGS], pruned, is_taken_over)
