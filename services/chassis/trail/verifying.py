"""Checking a trail from end to end: what was edited, removed, slipped in, put elsewhere, or cut off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from services.chassis.trail import tables
from services.chassis.trail.model import Fault, Finding, Head, check_link, check_rows

MOST_FINDINGS = 1000
"""More of them say nothing more."""


class Verdict(NamedTuple):
    """What a check came to: how much was looked at, where the chain stands, and what is wrong (nothing, when whole)."""

    rows: int
    seals: int
    head: Head
    unsealed: int
    findings: Sequence[Finding]


async def verify(connection: asyncpg.Connection[asyncpg.Record], kept: Sequence[Head] = ()) -> Verdict:
    """Check the whole trail as of one instant; `kept` are heads that somebody kept, which the chain must hold."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        head = await tables.last_anchor(connection)
        missing, findings, rows, seals = set(kept) - {head}, list[Finding](), 0, 0
        async for seal in tables.seals(connection):
            findings += check_link(seal, head)
            found = await tables.rows_at(connection, seal.positions)
            findings += check_rows(seal, {row.position: row for row in found})
            head = Head(seal.number, seal.digest)
            missing.discard(head)
            rows, seals = rows + len(found), seals + 1
            if len(findings) >= MOST_FINDINGS:
                break
        else:
            findings += [Finding(Fault.SLIPPED_IN, each) for each in await tables.strangers(connection, MOST_FINDINGS)]
            findings += [Finding(Fault.HEAD_MISSING, each.number) for each in sorted(missing, key=lambda h: h.number)]
        unsealed, _ = await tables.unsealed(connection)
    return Verdict(rows, seals, head, unsealed, findings[:MOST_FINDINGS])
