"""Searches for a text among tasks, by title and by number: what ILIKE finds, and nothing else is looked at.

A duty's tasks share their title, so that there are few: the index is skipped through from one to the next, and each that holds
the text leads to its tasks in the order of the list. 400 titles take 2 ms. A number is looked up by its beginning and by its
end, as people say it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from services.chassis.storage.database import Connection

# Withdrawn before anybody heard of it: no task of anybody's.
STANDING: Final = "NOT (state = 'cancelled' AND version = 0)"
_TITLES: Final = f"""
WITH RECURSIVE known AS (
    (SELECT title FROM task WHERE {STANDING} ORDER BY title LIMIT 1)
     UNION ALL
    SELECT (SELECT title FROM task WHERE title > known.title AND {STANDING} ORDER BY title LIMIT 1)
      FROM known WHERE known.title IS NOT NULL
) SELECT title FROM known WHERE title ILIKE $1"""  # noqa: S608 - ours
# How every number of a year begins; and every 32nd ends with the same character. So many the order of the list finds sooner.
_OF_A_YEAR: Final = re.compile(r"R(W([0-9]{1,4}-?)?)?")
_LAST: Final = 1


class Search:
    """The tasks that hold a text, as pieces of SQL beside the other conditions of a list and their values."""

    def __init__(self, text: str, titles: Sequence[str], conditions: str, values: list[Any]) -> None:
        self._conditions = conditions
        self.values = values
        self._titles = self.value(titles)
        # A number is of capital letters and digits: what has others when it is folded as ILIKE folds it is in none.
        folded = text.lower()
        self._numbers = self._pieces(folded.upper()) if folded.isascii() else []

    @classmethod
    async def of(cls, connection: Connection, text: str, conditions: str, values: list[Any]) -> Search:
        """Look through the titles."""
        titles = [row["title"] for row in await connection.fetch(_TITLES, f"%{_escaped(text)}%")]
        return cls(text, titles, conditions, values)

    def value(self, value: Any) -> str:
        """Return the placeholder of a value."""
        self.values.append(value)
        return f"${len(self.values)}"

    def page(self, limit: str) -> str:
        """Return the SELECT of their ids and last days, up to `limit` of each title and each piece of a number."""
        some = f"ORDER BY due_on, task_id LIMIT {limit}"
        found = f"SELECT task_id, due_on FROM task WHERE {self._conditions}"  # noqa: S608 - ours
        by_title = f"""SELECT of_title.* FROM unnest({self._titles}::text[]) AS each_title
                        CROSS JOIN LATERAL ({found} AND title = each_title {some}) AS of_title"""  # noqa: S608 - ours
        # OFFSET: by the number's index, not in the order of the list past all others.
        by_number = [
            f"(SELECT * FROM ({found} AND {piece} {offset}) AS of_number {some})"  # noqa: S608 - ours
            for piece, offset in self._numbers
        ]
        return " UNION ".join([f"({by_title})", *by_number])

    def all(self, column: str) -> str:
        """Return the SELECT of `column` of each of them, once."""
        pieces = [f"title = ANY({self._titles})"]
        pieces += [f"{piece} AND title <> ALL({self._titles})" for piece, _ in self._numbers]
        if len(self._numbers) > 1:
            pieces[-1] += f" AND NOT {self._numbers[0][0]}"
        return " UNION ALL ".join(
            f"SELECT {column} FROM task WHERE {self._conditions} AND {piece}"  # noqa: S608 - our own columns
            for piece in pieces
        )

    def _pieces(self, text: str) -> list[tuple[str, str]]:
        """Return the conditions that a number begins or ends with `text`, and what keeps PostgreSQL to their index."""
        begins = f"number LIKE {self.value(f'{_escaped(text)}%')}"
        ends = f"reverse(number) LIKE {self.value(f'{_escaped(text[::-1])}%')}"
        return [
            (begins, "" if _OF_A_YEAR.fullmatch(text) else "OFFSET 0"),
            (ends, "" if len(text) == _LAST else "OFFSET 0"),
        ]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
