"""When each county was last heard of, and how long it is usually silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection


class Came(NamedTuple):
    """The first and the last claim of a county since it was last written down (wall time), and the first one's day."""

    county: str
    day: date
    first_at: datetime
    last_at: datetime


class Heard(NamedTuple):
    """When a county's last claim came (wall time), on how many days a silence ended, and what was long for it."""

    county: str
    last_at: datetime
    days: int
    usual: timedelta | None


_COLUMNS: Final = Columns[Came]({"county": "text", "day": "date", "first_at": "timestamptz", "last_at": "timestamptz"})
_GAPS: Final = f"""
    INSERT INTO county_gap (county, day, longest)
    SELECT came.county, came.day, came.first_at - known.last_at
      FROM {_COLUMNS.rows("came")} JOIN county_arrival AS known USING (county)
     WHERE came.first_at > known.last_at ORDER BY came.county
    ON CONFLICT (county, day) DO UPDATE SET longest = greatest(county_gap.longest, EXCLUDED.longest)"""  # noqa: S608
_ARRIVALS: Final = f"""
    INSERT INTO county_arrival (county, last_at)
    SELECT came.county, came.last_at FROM {_COLUMNS.rows("came")} ORDER BY came.county
    ON CONFLICT (county) DO UPDATE SET last_at = greatest(county_arrival.last_at, EXCLUDED.last_at)"""  # noqa: S608


async def save(connection: Connection, came: Sequence[Came], *, forget_before: date) -> None:
    """Write down what came; a silence before `forget_before` says no more what is usual."""
    arguments = _COLUMNS.arguments(came)
    await connection.execute(_GAPS, *arguments)
    await connection.execute(_ARRIVALS, *arguments)
    await connection.execute("DELETE FROM county_gap WHERE day < $1", forget_before)


async def heard(connection: Connection, counties: Sequence[str], *, share: float) -> Sequence[Heard]:
    """Return of each of `counties` that was ever heard of the silence that on this `share` of its days was not exceeded."""
    rows = await connection.fetch(
        """SELECT county, last_at, count(longest) AS days,
                  percentile_cont($2::float8) WITHIN GROUP (ORDER BY longest) AS usual
             FROM county_arrival LEFT JOIN county_gap USING (county)
            WHERE county = ANY($1::text[]) GROUP BY county, last_at""",
        counties,
        share,
    )
    return [Heard(**dict(row)) for row in rows]
