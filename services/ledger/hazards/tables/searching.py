"""Searches for a text among hazards: exact, whatever their plan.

Both first look at the newest of the list that is searched, which fills a page of every frequent word. Only a word that is
rare there is looked up by its pairs, so that what they point to is little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from services.chassis.access.scope import Scope
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.tables import words
from services.ledger.hazards.tables.hazard_rows import COLUMNS, hazard_of
from services.ledger.hazards.tables.register import Filter, Group, firsts, where

# So many of a list are looked at first, and so many if there seems to be a page among them: 5 and 30 ms. What has less
# than a page in those is rare.
_NEWEST: Final = 1_000
_MORE: Final = 6_000
# As many among the first: it is not rare, and pairs would point to more than can be looked at.
_FREQUENT: Final = 10
# Of so many that could match a count looks at each: 20 ms.
_COUNTED: Final = 5_000
_LAST: Final = UUID(int=2**128 - 1)
_TEXT: Final = "(number ILIKE {0} OR enterprise_name ILIKE {0} OR place ILIKE {0} OR description ILIKE {0})"


async def page(connection: Connection, scope: Scope, wanted: Filter, *, after: UUID | None, limit: int) -> list[Hazard]:
    """Return up to `limit` hazards that hold the text, newest first, after hazard `after`."""
    for newest in _looks(scope):
        search = _Search(scope, wanted, after or _LAST)
        # The last that is looked at is told whether it holds the text or not: without it the list has ended before.
        told = await connection.fetch(
            f"""SELECT *, {search.text} AS holds FROM (
                       SELECT {COLUMNS}, row_number() OVER (ORDER BY hazard_id DESC) AS nth
                         FROM hazard WHERE {search.where} AND hazard_id < {search.before}
                        ORDER BY hazard_id DESC LIMIT {newest}) AS hazard
                 WHERE {search.text} OR nth = {newest}
                 ORDER BY hazard_id DESC LIMIT {search.value(limit)}""",  # noqa: S608 - our own columns
            *search.values,
        )
        rows = [row for row in told if row["holds"]]
        if len(rows) >= limit or not any(row["nth"] == newest for row in told):
            return [hazard_of(row) for row in rows]
        # As many in the rest as here would still be no page.
        if len(rows) * _MORE < limit * newest:
            break
    search = _Search(scope, wanted, after or _LAST)
    rows = await connection.fetch(
        f"""SELECT {COLUMNS} FROM ({search.places()}) AS places CROSS JOIN LATERAL {search.looked_at()} AS hazard
             WHERE {search.text} AND {search.where}
             ORDER BY found_id DESC LIMIT {search.value(limit)}""",  # noqa: S608 - our own columns
        *search.values,
    )
    return [hazard_of(row) for row in rows]


async def count(
    connection: Connection, scope: Scope, wanted: Filter, by: Group | None
) -> tuple[list[tuple[str | None, int]], bool]:
    """Return (value of `by`, number of hazards that hold the text) per group, and whether those are all.

    Where there are too many to look at each, those are counted that are among the newest, and it is not all.
    """
    for newest in _looks(scope):
        search = _Search(scope, wanted, _LAST)
        looked_at = f"""SELECT * FROM hazard WHERE {search.where} AND hazard_id < {search.before}
                         ORDER BY hazard_id DESC LIMIT {newest}"""  # noqa: S608 - our own columns
        found, seen = await _counted(connection, search, looked_at, by)
        if seen < newest or newest == _MORE:
            return found, seen < newest
        if sum(number for _, number in found) < _FREQUENT:
            break
    search = _Search(scope, wanted, _LAST)
    could = f"""SELECT hazard.* FROM ({search.places()} LIMIT {_COUNTED + 1}) AS places
                 CROSS JOIN LATERAL {search.looked_at()} AS hazard"""  # noqa: S608 - our own columns
    found, seen = await _counted(connection, search, could, by)
    return found, seen <= _COUNTED


def _looks(scope: Scope) -> Sequence[int]:
    """Return how many of the newest are looked at. None of a township: those lie scattered, and its code is among the pairs."""
    return (_NEWEST, _MORE) if scope.township is None else ()


async def _counted(
    connection: Connection, search: _Search, looked_at: str, by: Group | None
) -> tuple[list[tuple[str | None, int]], int]:
    """Return how many hazards there are of which one of those `looked_at` holds the text, and how many are looked at."""
    rows = await connection.fetch(
        f"""SELECT {by or "NULL"}, count(*) FILTER (WHERE holds AND first), count(*)
              FROM (SELECT *, {search.first} AS first
                      FROM (SELECT *, {search.text} AND {search.where} AS holds FROM ({looked_at}) AS hazard) AS looked_at
                   ) AS report GROUP BY 1 ORDER BY 1""",  # noqa: S608 - our own columns
        *search.values,
    )
    return [(row[0], row[1]) for row in rows if row[1]], sum(row[2] for row in rows)


class _Search:
    """The pieces of a search's SQL and the values behind its placeholders."""

    def __init__(self, scope: Scope, wanted: Filter, before: UUID) -> None:
        conditions, self.values = where(scope, wanted)
        self.where = " AND ".join(conditions) or "true"
        self.first = firsts(wanted, "holds")
        text = wanted.text or ""
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        self.text = _TEXT.format(self.value(f"%{escaped}%"))
        self.before = self.value(before)
        self._query = words.looked_for(scope.narrowed(county=wanted.county, sector=wanted.sector), text)

    def value(self, value: Any) -> str:
        """Return the placeholder of a value."""
        self.values.append(value)
        return f"${len(self.values)}"

    def places(self) -> str:
        """Return the SELECT of all ids that could match, newest first: by pairs, and whatever is unread."""
        if self._query is None:
            return f"SELECT hazard_id AS found_id FROM hazard WHERE hazard_id < {self.before} ORDER BY hazard_id DESC"  # noqa: S608
        query = self.value(self._query)
        return f"SELECT found_id FROM hazards_that_could_hold({query}, {self.before}) AS found_id"  # noqa: S608 - our own columns

    @staticmethod
    def looked_at() -> str:
        """Return the row of a place: one at a time, so that whoever has enough stops. OFFSET keeps it from being a join."""
        return "(SELECT * FROM hazard WHERE hazard_id = found_id OFFSET 0)"
