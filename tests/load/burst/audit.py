"""After a burst: nothing that was accepted is missing, in any service. Counted in each service's own database."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from tests.load.burst.lives import Accepted

_AGAIN_SECONDS: Final = 1.0
_TOLD_EVERY: Final = 10
# In every service: what was not taken, and what waits for an earlier event.
_LEFT_BEHIND: Final = """SELECT (SELECT count(*) FROM dead_letter) AS dead_letters,
       (SELECT count(*) FROM parked_event) AS parked"""
_RECEIPTS: Final = """SELECT count(*) FROM unnest($1::text[]) AS sent (event_id)
  JOIN receipt USING (event_id) WHERE status = 'recorded' AND queued_at IS NOT NULL"""
_STORY: Final = """SELECT reference, array_agg(type ORDER BY hazard_history.version) AS types, max(hazard.version) AS version,
       count(DISTINCT hazard_id) AS hazards, min(hazard_id::text) AS hazard_id, min(state) AS state
  FROM hazard JOIN hazard_history USING (hazard_id) WHERE reference = ANY($1) GROUP BY reference"""
_CLOCKS: Final = "SELECT hazard_id, version, state FROM hazard_clock WHERE hazard_id = ANY($1)"
_FACTS: Final = "SELECT hazard_id, version, state FROM hazard_fact WHERE hazard_id = ANY($1)"
_LETTERS: Final = "SELECT about_id FROM letter WHERE kind = 'confirmation_prompt' AND about_id = ANY($1)"
_FLOWS: Final = """SELECT measure, count(DISTINCT hazard_id) AS hazards FROM hazard_flow
 WHERE hazard_id = ANY($1) GROUP BY measure"""


@dataclass(frozen=True)
class Check:
    """One count: how many there must be, how many there are, and some that are wrong."""

    name: str
    wanted: int
    found: int
    wrong: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing is missing and nothing is too much."""
        return self.wanted == self.found and not self.wrong

    def __str__(self) -> str:
        """`✓ scheduler, clocks: 1,200 of 1,200`."""
        some = f" ({len(self.wrong)} wrong: {'; '.join(self.wrong[:3])})" if self.wrong else ""
        return f"{'✓' if self.holds else '✗'} {self.name}: {self.found:,} of {self.wanted:,}{some}"


async def settled(
    accepted: Accepted, dsns: Mapping[str, str], *, patience: float, say: Callable[[str], None]
) -> tuple[float, list[Check]]:
    """Ask until everything holds, at most `patience` seconds; return after how many it did, and the last checks."""
    began = time.monotonic()
    for nth in itertools.count():
        checks = await audit(accepted, dsns)
        took = time.monotonic() - began
        ends = all(check.holds for check in checks) or took > patience
        for check in checks:
            if ends or (nth % _TOLD_EVERY == 0 and not check.holds):
                say(str(check))
        if ends:
            break
        await asyncio.sleep(_AGAIN_SECONDS)
    return took, checks


async def audit(accepted: Accepted, dsns: Mapping[str, str]) -> list[Check]:
    """Count what was accepted in all five services."""
    checks = [await _receipts(accepted, dsns["gateway"])]
    story, hazards = await _ledger(accepted, dsns["ledger"])
    checks.append(story)
    confirmed = [row for row in hazards if "hazard.confirmed" in accepted.steps[row["reference"]]]
    major = [row["hazard_id"] for row in hazards if "hazard.first_confirmed" in accepted.steps[row["reference"]]]
    clocks = await _rows(dsns["scheduler"], _CLOCKS, [row["hazard_id"] for row in confirmed])
    checks.append(_same("scheduler, a clock of each confirmed hazard", confirmed, clocks, states=_CLOCK_STATES))
    letters = [row["about_id"] for row in await _rows(dsns["notifications"], _LETTERS, major)]
    twice = tuple(hazard for hazard, count in Counter(letters).items() if count > 1)
    checks.append(Check("notifications, a letter for each first level", len(major), len(set(letters)), twice))
    facts = await _rows(dsns["statistics"], _FACTS, [row["hazard_id"] for row in hazards])
    checks.append(_same("statistics, each hazard as it stands", hazards, facts))
    checks += await _figures(accepted, dsns["statistics"], [row["hazard_id"] for row in hazards])
    for service, dsn in dsns.items():
        (left,) = await _rows(dsn, _LEFT_BEHIND)
        wrong = tuple(f"{count} {name}" for name, count in left.items() if count)
        checks.append(Check(f"{service}, dead letters and parked events", 0, sum(left.values()), wrong))
    return checks


async def _receipts(accepted: Accepted, dsn: str) -> Check:
    ids = [event for events in accepted.events.values() for event in events]
    ((found,),) = await _rows(dsn, _RECEIPTS, ids)
    return Check("gateway, a receipt that says recorded for each event", len(ids), found)


async def _ledger(accepted: Accepted, dsn: str) -> tuple[Check, list[Any]]:
    rows = await _rows(dsn, _STORY, list(accepted.steps))
    wrong = []
    for row in rows:
        recorded = Counter(kind.removeprefix("duban.").removesuffix(".v1") for kind in row["types"])
        if row["hazards"] != 1 or recorded != Counter(accepted.steps[row["reference"]]):
            wrong.append(f"{row['reference']}: {dict(recorded)}")
    return Check(
        "ledger, each hazard once, with each of its steps once", len(accepted.steps), len(rows), tuple(wrong)
    ), rows


# A clock stands by its hazard's state; what it calls them is its own.
_CLOCK_STATES: Final = {"closed": "stopped"}


def _same(name: str, wanted: list[Any], found: list[Any], *, states: Mapping[str, str] | None = None) -> Check:
    stand = {row["hazard_id"]: row for row in found}
    wrong = [
        f"{row['hazard_id']}: {dict(stand[row['hazard_id']])} for {row['version']} {row['state']}"
        for row in wanted
        if row["hazard_id"] in stand and not _agrees(stand[row["hazard_id"]], row, states)
    ]
    return Check(name, len(wanted), len(stand), tuple(wrong))


def _agrees(row: Any, hazard: Any, states: Mapping[str, str] | None) -> bool:
    state = hazard["state"] if states is None else states.get(hazard["state"], row["state"])
    return bool(row["version"] == hazard["version"] and row["state"] == state)


async def _figures(accepted: Accepted, dsn: str, hazards: list[str]) -> list[Check]:
    flows = {row["measure"]: row["hazards"] for row in await _rows(dsn, _FLOWS, hazards)}
    wanted = Counter(kind for kinds in accepted.steps.values() for kind in kinds)
    return [
        Check(f"statistics, {measure}", wanted[kind], flows.get(measure, 0))
        for measure, kind in (("confirmed", "hazard.confirmed"), ("closed", "hazard.closed"))
    ]


async def _rows(dsn: str, statement: str, *arguments: Any) -> list[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(statement, *arguments, timeout=120))
    finally:
        await connection.close()
