"""What a slice begins with: as little as runs, in the files where the rest will be looked for."""

from __future__ import annotations

from collections.abc import Sequence
from string import Template
from typing import Final

_INIT: Final = '''"""$title: what this slice owns, in a sentence. Carries $rows."""
'''
_MODEL: Final = '''"""$title as values and rules: pure, so that a test needs nothing but Python."""

from __future__ import annotations

import msgspec


class $singular(msgspec.Struct, frozen=True, kw_only=True):
    """One of the $noun, as the $service knows it after its newest event."""

    id: str
    county: str
'''
_TABLES: Final = '''"""SQL of $noun."""

from __future__ import annotations

from typing import Final

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.$service.$noun.model import $singular

COLUMNS: Final[Columns[$singular]] = Columns({"id": "text", "county": "text"})


async def insert(connection: Connection, rows: list[$singular]) -> None:
    """Write new rows in the caller's transaction."""
    if rows:
        await connection.execute(COLUMNS.insert("$noun"), *COLUMNS.arguments(rows))


async def find(connection: Connection, name: str) -> $singular | None:
    """Return the row of this id, or None."""
    row = await connection.fetchrow(f"SELECT {COLUMNS.names} FROM $noun WHERE id = $$1", name)  # noqa: S608
    return $singular(**row) if row else None
'''
_WIRE: Final = '''"""What this slice adds to the $service."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.$service.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the slice's routers, consumers, jobs and reactions."""
    del platform
    return Part()
'''
_MIGRATION: Final = """-- $title.
CREATE TABLE $noun (
    id     text PRIMARY KEY,
    county text NOT NULL
);
"""
_TEST: Final = '''"""$title: the rules, without a server."""

from __future__ import annotations

from services.$service.$noun.model import $singular


def test_a_row_is_found_by_what_makes_it_one() -> None:
    assert $singular(id="1", county="140502").id == "1"
'''


def files(service: str, noun: str, rows: Sequence[str]) -> dict[str, str]:
    """Return the text of each file of a new slice by its path below the repository."""
    words = {
        "service": service,
        "noun": noun,
        "title": noun.replace("_", " ").capitalize(),
        "singular": "".join(part.capitalize() for part in _singular(noun).split("_")),
        "rows": ", ".join(rows) or "no feature row yet",
    }
    layers = {"__init__": _INIT, "model": _MODEL, "tables": _TABLES, "wire": _WIRE}
    made = {f"services/{service}/{noun}/{name}.py": text for name, text in layers.items()}
    made[f"services/{service}/migrations/{noun}/0001_{noun}.sql"] = _MIGRATION
    made[f"services/{service}/tests/{noun}/test_{noun}.py"] = _TEST
    return {path: Template(text).substitute(words) for path, text in made.items()}


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
