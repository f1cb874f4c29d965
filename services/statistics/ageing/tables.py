"""What is read of the books: waits that began lately, and how old the open hazards are."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Final

from services.chassis.storage.database import Connection
from services.statistics.ageing.model import GRAIN_SECONDS, Age, Spells, Wait, age_of

# A wait lasts from the step that brought a hazard into its state to the one that took it out; steps between don't count.
# Only hazards that moved since $1 can have begun a wait since then, and of these all steps are read, since the step before
# the first one of the period says whether that one began anything. Whatever was merged into another is answered (its
# report), or has left (everything else): then it lasted so long and nobody knows for how long it would have.
_WAITS: Final = """
WITH moved AS (
    SELECT DISTINCT hazard_id FROM hazard_step WHERE day >= $1
), stood AS (
    SELECT hazard_id, version, occurred_at, grade, sector,
           CASE state WHEN 'reported' THEN 'response' WHEN 'confirmed' THEN 'rectification'
                      WHEN 'rectifying' THEN 'rectification' WHEN 'in_review' THEN 'review' ELSE state END AS wait
    FROM hazard_step JOIN moved USING (hazard_id)
), compared AS (
    SELECT *, lag(wait) OVER (PARTITION BY hazard_id ORDER BY version) AS before FROM stood
), begun AS (
    SELECT *, lead(occurred_at) OVER steps AS ended_at, lead(wait) OVER steps AS after FROM compared
    WHERE before IS DISTINCT FROM wait WINDOW steps AS (PARTITION BY hazard_id ORDER BY version)
)
SELECT wait, grade, sector,
       ceil(extract(epoch FROM greatest(coalesce(ended_at, $2) - occurred_at, interval '0')) / $5::integer)::bigint
           AS grains,
       ended_at IS NOT NULL AND (after <> 'duplicate' OR wait = 'response') AS ended,
       count(*) AS number
FROM begun WHERE wait = ANY($3::text[]) AND occurred_at >= $4
GROUP BY 1, 2, 3, 4, 5"""
_AGES: Final = """
SELECT county, grade, greatest(0, ceil(extract(epoch FROM $1::timestamptz - confirmed_at) / 86400))::bigint AS days,
       count(*) AS number
FROM hazard_fact WHERE open AND confirmed_at IS NOT NULL GROUP BY 1, 2, 3"""
_OLDEST: Final = """
SELECT county, min(deadline_on) AS deadline_on FROM hazard_fact
WHERE open AND overdue AND deadline_on IS NOT NULL GROUP BY county"""


async def waits(connection: Connection, *, since: datetime, day: date, now: datetime) -> list[Spells]:
    """Return the waits that began since an instant (`day` in the city's zone); those that last are counted to `now`."""
    rows = await connection.fetch(_WAITS, day, now, list(Wait), since, GRAIN_SECONDS)
    return [
        Spells(row["wait"], row["grade"], row["sector"], row["grains"] * GRAIN_SECONDS, row["ended"], row["number"])
        for row in rows
    ]


async def ages(connection: Connection, now: datetime) -> Counter[tuple[str, str, Age]]:
    """Return how many open hazards there are by county, grade and age."""
    counts: Counter[tuple[str, str, Age]] = Counter()
    for row in await connection.fetch(_AGES, now):
        counts[row["county"], row["grade"], age_of(row["days"])] += row["number"]
    return counts


async def oldest_overdue(connection: Connection) -> dict[str, date]:
    """Return by county the day of the deadline that passed first, of hazards that are open and overdue."""
    return {row["county"]: row["deadline_on"] for row in await connection.fetch(_OLDEST)}
