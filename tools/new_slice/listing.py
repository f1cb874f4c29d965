"""What a slice that is listed begins with: its document, its cursor, its route, and the specimen of the rights test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_MODEL: Final = '''"""$title as values and rules: pure, so that a test needs nothing but Python."""

from __future__ import annotations

import msgspec


class $Singular(msgspec.Struct, frozen=True, kw_only=True):
    """One of the $noun, as the $service knows it after its newest event."""

    ${singular}_id: str
    county: str
${sector_line}'''
_TABLES: Final = '''"""SQL of $noun: what is written of them, and the list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.$service.$noun.model import $Singular

_SCOPED: Final = {Dimension.COUNTY: "county"$sector_scoped}
_COLUMNS: Final = Columns[$Singular]({"${singular}_id": "text", "county": "text"$sector_column})


async def insert(connection: Connection, rows: Iterable[$Singular]) -> None:
    """Write new rows in the caller's transaction."""
    await connection.execute(_COLUMNS.insert("$singular"), *_COLUMNS.arguments(rows))


async def page(connection: Connection, scope: Scope, *, after: str | None, limit: int) -> list[$Singular]:
    """Return up to `limit` of those in scope in order of their id, behind `after`."""
    conditions, values = scope.where(_SCOPED, first=3)
    rows = await connection.fetch(
        f"""SELECT {_COLUMNS.names} FROM $singular
             WHERE {" AND ".join(["${singular}_id > coalesce($$1::text, '')", *conditions])}
             ORDER BY ${singular}_id LIMIT $$2""",  # noqa: S608 - our own columns
        after,
        limit,
        *values,
    )
    return [$Singular(**row) for row in rows]
'''
_HANDLERS: Final = '''"""What is done with $noun."""

from __future__ import annotations

from collections.abc import Sequence

from services.chassis.storage.database import Connection
from services.$service.$noun import tables
from services.$service.$noun.model import $Singular


async def keep_$noun(connection: Connection, $noun: Sequence[$Singular]) -> None:
    """Keep new $noun in the caller's transaction."""
    if $noun:
        await tables.insert(connection, $noun)
'''
_DOCUMENTS: Final = '''"""What is said of $noun over HTTP."""

from __future__ import annotations

from typing import Self

import msgspec

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.$service.$noun.model import $Singular


class ${Singular}Document(Document, frozen=True, kw_only=True):
    """One $singular."""

    ${singular}_id: str
    county: str
${sector_line}
    @classmethod
    def of(cls, $singular: $Singular) -> Self:
        """Return a $singular as HTTP shows it."""
        return msgspec.convert($singular, cls, from_attributes=True)


class By${Singular}Id(Cursor, frozen=True, kw_only=True, tag="$noun"):
    """Where a page of $noun ends."""

    ${singular}_id: str

    @classmethod
    def of(cls, $singular: $Singular) -> Self:
        """Return the cursor behind `$singular`."""
        return cls(${singular}_id=$singular.${singular}_id)
'''
_HTTP: Final = '''"""$title over HTTP: the list of those that the caller may see. All of it is reading."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends

${sector_type}from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF
from services.chassis.storage.database import Database
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import ${checked}County, Limit
from services.chassis.web.routes import Router
from services.$service.$noun import tables
from services.$service.$noun.documents import By${Singular}Id, ${Singular}Document

READ: Final = Action("$service.$noun.read", "查看$zh", roles=CASE_STAFF)
Reader = Annotated[Caller, Depends(allow(READ))]


def router(database: Database) -> Router:
    """Return the routes of $noun."""
    routes = Router(prefix="/v1", tags=["$noun"])

    @routes.get("/$route", summary="$zh清单")
    async def list_$noun(
        caller: Reader,
        county: County | None = None,
${sector_asked}        after: After[By${Singular}Id] = None,
        limit: Limit = 100,
    ) -> Page[${Singular}Document]:
        """List the $noun that the caller may see, or those of a county${or_sector} among them."""
        scope = caller.scope.narrowed(county=county$sector_given)
        async with database.$reading as connection:
            position = after.${singular}_id if after else None
            rows = await tables.page(connection, scope, after=position, limit=limit + 1)
        return page_of(rows, limit, item=${Singular}Document.of, cursor=By${Singular}Id.of)

    return routes
'''
_WIRE: Final = '''"""What this slice adds to the $service."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.$service.$noun.http import router
from services.$service.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the slice's routers, consumers, jobs and reactions."""
    return Part(routers=[router(platform.database)])
'''
LAYERS: Final[Mapping[str, str]] = {
    "model": _MODEL,
    "tables": _TABLES,
    "handlers": _HANDLERS,
    "documents": _DOCUMENTS,
    "http": _HTTP,
    "wire": _WIRE,
}
MIGRATION: Final = """-- One row a $singular.
CREATE TABLE $singular (
    ${singular}_id text PRIMARY KEY,
    county text NOT NULL CHECK (county ~ '^[0-9]{6}$$')$sector_sql
);
-- The list of a county.
CREATE INDEX ${singular}_by_county ON $singular (county, ${singular}_id);
$sector_index"""
# Of a service whose readers come through the second wall: the same columns as the list's `_SCOPED`.
WALL: Final = """-- What readers see of it.
CALL wall('$singular', '{"county": "county"$sector_walled}');
"""
TEST: Final = '''"""$title: the rules, without a server."""

from __future__ import annotations

from services.$service.$noun.documents import By${Singular}Id, ${Singular}Document
from services.$service.$noun.model import $Singular

ONE = $Singular(${singular}_id="1", county="140502"$sector_said)


def test_a_row_is_shown_as_it_is() -> None:
    assert ${Singular}Document.of(ONE) == ${Singular}Document(${singular}_id="1", county="140502"$sector_said)


def test_a_page_goes_on_behind_its_last_row() -> None:
    assert By${Singular}Id.parse(By${Singular}Id.of(ONE).encode()) == By${Singular}Id(${singular}_id="1")
'''
# How a large database comes to have rows of it (`tests/load/million/sql`): of every tenth hazard one.
FILL: Final = """
INSERT INTO $singular (${singular}_id, county$sector_named)
SELECT md5('$singular' || n), county$sector_named
  FROM generate_series(1, current_setting('million.hazards')::bigint / 10) AS n
  JOIN seat ON seat.seat = n % current_setting('million.seats')::integer;
"""
SPECIMENS: Final = '''"""$title before every role and scope: how a row of given facts comes to be, and which request shows it."""

from __future__ import annotations

import secrets

from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Specimen
from services.$service.$noun.handlers import keep_$noun
from services.$service.$noun.model import $Singular


async def made(database: Database, facts: Facts) -> $Singular:
    new = $Singular(${singular}_id=secrets.token_hex(4), county=str(facts.county)$sector_fact)
    async with database.transaction() as connection:
        await keep_$noun(connection, [new])
    return new


LISTED = Specimen.rows(
    "GET /v1/$route",
    make=made,
    call=lambda _: Call(path="/v1/$route", params={"limit": "1000"}),
    shows=lambda answer, row: row.${singular}_id in answer.text,
    carries={Dimension.COUNTY$sector_carried},
)
'''
