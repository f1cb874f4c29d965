"""What a slice begins with: as little as runs, in the files where the rest will be looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Template
from typing import Final

from tools.new_slice import listing
from tools.new_slice.sectors import SECTOR

_INIT: Final = '''"""$title: what this slice owns, in a sentence. Carries $rows."""
'''
_MODEL: Final = '''"""$title as values and rules: pure, so that a test needs nothing but Python."""

from __future__ import annotations

import msgspec


class $Singular(msgspec.Struct, frozen=True, kw_only=True):
    """One of the $noun, as the $service knows it after its newest event."""

    ${singular}_id: str
    county: str
'''
_TABLES: Final = '''"""SQL of $noun."""

from __future__ import annotations

from typing import Final

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.$service.$noun.model import $Singular

_COLUMNS: Final = Columns[$Singular]({"${singular}_id": "text", "county": "text"})


async def insert(connection: Connection, rows: list[$Singular]) -> None:
    """Write new rows in the caller's transaction."""
    if rows:
        await connection.execute(_COLUMNS.insert("$singular"), *_COLUMNS.arguments(rows))


async def find(connection: Connection, ${singular}_id: str) -> $Singular | None:
    """Return the row of this id, or None."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS.names} FROM $singular WHERE ${singular}_id = $$1",  # noqa: S608 - our own columns
        ${singular}_id,
    )
    return $Singular(**row) if row else None
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
_MIGRATION: Final = """-- One row a $singular.
CREATE TABLE $singular (
    ${singular}_id text PRIMARY KEY,
    county text NOT NULL CHECK (county ~ '^[0-9]{6}$$')
);
"""
_WALL: Final = """-- What readers see of it.
CALL wall('$singular', '{"county": "county"}');
"""
_TEST: Final = '''"""$title: the rules, without a server."""

from __future__ import annotations

from services.$service.$noun.model import $Singular


def test_a_row_is_found_by_what_makes_it_one() -> None:
    assert $Singular(${singular}_id="1", county="140502").${singular}_id == "1"
'''


def files(
    service: str,
    noun: str,
    rows: Sequence[str],
    *,
    zh: str | None = None,
    listed: bool = False,
    sector: bool = False,
    walled: bool = False,
) -> dict[str, str]:
    """Return the text of each file of a new slice by its path below the repository.

    `zh` is the noun as people see it. A slice that is `listed` has a route that shows it page by page; its rows are of a county,
    and with `sector` of a sector, too. In a service that is `walled` PostgreSQL itself keeps people's reads within their scope.
    """
    reading = {"reading": "reading(caller.scope, asks=True)" if walled else "asking()"}
    words = {**words_of(service, noun, rows, zh), **reading, **of_a_sector(noun, there=sector)}
    layers = {"__init__": _INIT, "model": _MODEL, "tables": _TABLES, "wire": _WIRE}
    tests = {f"test_{noun}": _TEST}
    migration, wall = _MIGRATION, _WALL
    if listed:
        layers |= listing.LAYERS
        tests |= {f"test_{noun}": listing.TEST, "specimens": listing.SPECIMENS}
        migration, wall = listing.MIGRATION, listing.WALL
    made = {f"services/{service}/{noun}/{name}.py": text for name, text in layers.items()}
    made[f"services/{service}/migrations/{noun}/0001_{noun}.sql"] = migration + wall * walled
    made |= {f"services/{service}/tests/{noun}/{name}.py": text for name, text in tests.items()}
    return {path: Template(text).substitute(words) for path, text in made.items()}


def fill(noun: str, *, sector: bool = False) -> str:
    """Return the statement that gives a large database rows of a listed slice."""
    return Template(listing.FILL).substitute({"singular": of_singular(noun), **of_a_sector(noun, there=sector)})


def of_a_sector(noun: str, *, there: bool) -> Mapping[str, str]:
    """Return what the files of a listed slice say of its rows' sector."""
    return {name: text.format(of_singular(noun)) if there else "" for name, text in SECTOR.items()}


def words_of(service: str, noun: str, rows: Sequence[str], zh: str | None) -> Mapping[str, str]:
    """Return what the files of every slice are filled in with."""
    singular = of_singular(noun)
    return {
        "service": service,
        "noun": noun,
        "route": noun.replace("_", "-"),
        "title": noun.replace("_", " ").capitalize(),
        "singular": singular,
        "Singular": "".join(part.capitalize() for part in singular.split("_")),
        "zh": zh or noun.replace("_", " "),
        "rows": ", ".join(rows) or "no feature row yet",
    }


def of_singular(noun: str) -> str:
    """Return the name of one of them: of a table, and of what is made from it."""
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
