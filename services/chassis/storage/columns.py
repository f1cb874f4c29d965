"""Batches of rows as columns: one declaration gives the INSERT, the UPDATE, the upsert and their arguments.

A batch travels as one array a column, unfolded by PostgreSQL's `unnest`: one statement and one round trip, however many
rows. Counting `$1::text[] … $17` by hand is where a column goes missing. A large batch of nothing but new rows goes by
`COPY`, which costs both sides less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from services.chassis.storage.database import Connection

Row = TypeVar("Row")
# From so many rows on a COPY is cheaper than an INSERT, although it takes a round trip more.
_MANY: Final = 20
Source = str | tuple[str, str | Callable[[Any], Any]]
"""A column's PostgreSQL type; with where its value comes from when that isn't the attribute of the same name:
a (dotted) attribute or a function of the row."""


class Columns(Generic[Row]):
    """The columns that a batch of rows writes, in order: `Columns({"number": "text", "uscc": ("text", "firm.uscc")})`.

    Names and types are constants of the code that declares them and enter the SQL as they stand; every value travels
    as a parameter. Array columns can't travel this way: `unnest` would unfold them too.
    """

    def __init__(self, columns: Mapping[str, Source]) -> None:
        self._types: dict[str, str] = {}
        self._getters: dict[str, Callable[[Any], Any]] = {}
        for name, source in columns.items():
            kind, value = (source, name) if isinstance(source, str) else source
            if kind.endswith("[]"):
                raise ValueError(f"{name}: an array column can't be unfolded from a batch")
            self._types[name] = kind
            self._getters[name] = attrgetter(value) if isinstance(value, str) else value

    def __or__(self, other: Columns[Row]) -> Columns[Row]:
        """Return these columns followed by those of `other`."""
        return self._of({**self._types, **other._types}, {**self._getters, **other._getters})

    def only(self, *names: str) -> Columns[Row]:
        """Return the columns called `names`, in that order; raises KeyError for an unknown one."""
        return self._of({name: self._types[name] for name in names}, {name: self._getters[name] for name in names})

    def without(self, *names: str) -> Columns[Row]:
        """Return these columns less those called `names`; raises KeyError for an unknown one."""
        if unknown := set(names) - self._types.keys():
            raise KeyError(*sorted(unknown))
        return self.only(*(name for name in self._types if name not in names))

    def of(self, path: str) -> Columns[Any]:
        """Return the same columns for rows that hold such a row at the (dotted) attribute `path`."""
        inner = attrgetter(path)

        def within(get: Callable[[Any], Any]) -> Callable[[Any], Any]:
            return lambda row: get(inner(row))

        return self._of(self._types, {name: within(get) for name, get in self._getters.items()})

    def __iter__(self) -> Iterator[str]:
        """Give the names, in order."""
        return iter(self._types)

    @property
    def names(self) -> str:
        """The quoted names, comma-separated, as a SELECT or INSERT lists them."""
        return ", ".join(f'"{name}"' for name in self._types)

    @property
    def width(self) -> int:
        """How many parameters a batch takes."""
        return len(self._types)

    def differing(self, before: Row, after: Row) -> set[str]:
        """Return the names of the columns in which two rows differ."""
        return {name for name, get in self._getters.items() if get(before) != get(after)}

    def rows(self, alias: str, first: int = 1) -> str:
        """Return the FROM item that unfolds a batch from `$first` on: `unnest($1::text[], …) AS alias (…)`."""
        return f"unnest({self._parameters(first)}) AS {alias} ({self.names})"

    def arguments(self, rows: Iterable[Row]) -> list[list[Any]]:
        """Return one list a column, to be passed as the statement's parameters."""
        batch = list(rows)
        return [list(map(get, batch)) for get in self._getters.values()]

    def insert(self, table: str, first: int = 1) -> str:
        """Return an INSERT of a batch into `table`, in the batch's order (identity columns follow it)."""
        numbered = f"unnest({self._parameters(first)}) WITH ORDINALITY AS batch ({self.names}, batch_position)"
        return f"INSERT INTO {table} ({self.names}) SELECT {self.names} FROM {numbered} ORDER BY batch_position"  # noqa: S608

    async def put(self, connection: Connection, table: str, rows: Sequence[Row]) -> None:
        """Write new rows into `table`, in the batch's order (identity columns follow it); the way depends on their number.

        Raises what the INSERT would raise: asyncpg's UniqueViolationError and its like.
        """
        if len(rows) < _MANY:
            if rows:
                await connection.execute(self.insert(table), *self.arguments(rows))
            return
        records = zip(*(map(get, rows) for get in self._getters.values()), strict=True)
        await connection.copy_records_to_table(table, records=records, columns=list(self._types))

    def upsert(self, table: str, key: Sequence[str], where: str = "", first: int = 1) -> str:
        """Return an INSERT that updates the rows whose `key` is there already; `where` may keep a row as it is.

        In `where`, `table` names the row as it stands and `EXCLUDED` the new one. Each key at most once in a batch.
        """
        changed = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in self._types if name not in key)
        target = ", ".join(f'"{name}"' for name in key)
        condition = f" WHERE {where}" if where else ""
        return f"{self.insert(table, first)} ON CONFLICT ({target}) DO UPDATE SET {changed}{condition}"

    def update(self, table: str, key: Sequence[str], first: int = 1) -> str:
        """Return an UPDATE of the rows of `table` that a batch names by its columns `key`."""
        changed = ", ".join(f'"{name}" = batch."{name}"' for name in self._types if name not in key)
        matched = " AND ".join(f'{table}."{name}" = batch."{name}"' for name in key)
        return f"UPDATE {table} SET {changed} FROM {self.rows('batch', first)} WHERE {matched}"  # noqa: S608

    def _parameters(self, first: int) -> str:
        return ", ".join(f"${first + index}::{kind}[]" for index, kind in enumerate(self._types.values()))

    def _of(self, types: Mapping[str, str], getters: Mapping[str, Callable[[Any], Any]]) -> Columns[Row]:
        return Columns({name: (kind, getters[name]) for name, kind in types.items()})
