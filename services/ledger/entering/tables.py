"""The rows of a book: one for each reference of a county, as it was said last. The columns follow from the claim's fields."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any, Final, Generic

import asyncpg
import msgspec

from services.chassis.storage.columns import Columns, Source
from services.chassis.storage.database import Connection
from services.ledger.entering.model import JSON, C, Entry, column_of

Reference = tuple[str, str]
"""A county, and the reference as references are compared."""
_KEY: Final = ("county", "reference_key")
_WANTED: Final = Columns[Reference]({"county": ("text", itemgetter(0)), "reference_key": ("text", itemgetter(1))})


class Book(Generic[C]):
    """The book of one type of claim, in a table that has a column for each field, `reference_key`, `taken_at` and `origin`."""

    def __init__(self, claim: type[C], table: str) -> None:
        """Declare a book; raises NoBook where a field can't be a column."""
        self.claim = claim
        self._fields = {field.name: column_of(field) for field in msgspec.structs.fields(claim)}
        self.columns: Final = Columns[Entry[C]](
            {
                **{name: _source(name, kind) for name, (kind, _) in self._fields.items()},
                "reference_key": ("text", "key"),
                "taken_at": "timestamptz",
                "origin": "text",
            }
        )
        self._under = f"SELECT {self.columns.names} FROM {table} JOIN {_WANTED.rows('wanted')} USING ({_WANTED.names})"  # noqa: S608
        self._save = self.columns.upsert(table, _KEY)

    def of(self, row: Mapping[str, Any] | asyncpg.Record) -> Entry[C]:
        """Return the entry of a row with all of `columns`."""
        said = {}
        for name, (kind, optional) in self._fields.items():
            value = row[name]
            # A column that a later release added is empty in older rows: they say what the field says by itself.
            if value is not None or optional:
                said[name] = msgspec.json.decode(value) if kind == JSON and value is not None else value
        return Entry(msgspec.convert(said, self.claim), row["taken_at"], row["origin"])

    async def under(self, connection: Connection, references: Collection[Reference]) -> dict[Reference, Entry[C]]:
        """Return what stands under these references, which the caller holds (`hazards/handlers/journal.writing`)."""
        rows = await connection.fetch(self._under, *_WANTED.arguments(references))
        return {(row["county"], row["reference_key"]): self.of(row) for row in rows}

    async def save(self, connection: Connection, entries: Sequence[Entry[C]]) -> None:
        """Write entries as they stand now, each once, in the caller's transaction."""
        if entries:
            await connection.execute(self._save, *self.columns.arguments(entries))


def _source(name: str, kind: str) -> Source:
    value = attrgetter(f"said.{name}")
    return kind, _as_json(value) if kind == JSON else value


def _as_json(value: Callable[[Any], Any]) -> Callable[[Any], str | None]:
    def written(entry: Any) -> str | None:
        found = value(entry)
        return None if found is None else msgspec.json.encode(found).decode()

    return written
