"""The files with which the slice of a claim that stands for itself (登记) begins, and its migration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_INIT: Final = '''"""$title ($zh): what counties say of them (`$event`), one entry under each reference, as it was said last. Carries $rows.

Its book is kept by `claims` (`claims/handlers/books.py`); this slice lists it, and decides nothing.
"""
'''
_TABLES: Final = '''"""SQL of $noun: their book, and the list of it."""

from __future__ import annotations

from datetime import date
from typing import Final

from duban_contracts.events.$module import $Claim
from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.database import Connection
from services.ledger.entering.model import Entry
from services.ledger.entering.tables import Book

Days = tuple[date | None, date | None]
"""The first day and the last, both inclusive; None = open."""
Position = tuple[date, str, str]
"""Where a page ended: the day, the county, the reference as references are compared."""
BOOK: Final = Book($Claim, "$singular")
_SCOPED: Final = {Dimension.COUNTY: "county"$sector_scoped}
_BEGIN: Final = (None, None, None)


async def page(
    connection: Connection, scope: Scope, *, days: Days, after: Position | None, limit: int
) -> list[Entry[$Claim]]:
    """Return up to `limit` of those in scope, of these days and in their order, behind `after`."""
    conditions, values = scope.where(_SCOPED, first=7)
    rows = await connection.fetch(
        f"""SELECT {BOOK.columns.names} FROM $singular
             WHERE {" AND ".join(["true", *conditions])}
               AND "$day" BETWEEN coalesce($$1::date, '-infinity') AND coalesce($$2::date, 'infinity')
               AND ("$day", county, reference_key)
                   > (coalesce($$3::date, '-infinity'), coalesce($$4::text, ''), coalesce($$5::text, ''))
             ORDER BY "$day", county, reference_key LIMIT $$6""",  # noqa: S608 - our own columns
        *days,
        *(after or _BEGIN),
        limit,
        *values,
    )
    return [BOOK.of(row) for row in rows]
'''
_DOCUMENTS: Final = '''"""What is said of $noun over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

import msgspec

from duban_contracts.events.$module import $Claim
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.ledger.$noun.tables import Position
from services.ledger.entering.model import Entry


class ${Singular}Document($Claim, Document, frozen=True, kw_only=True):
    """$zh as its county said last; `taken_at` is when the broker took that."""

    taken_at: datetime

    @classmethod
    def of(cls, entry: Entry[$Claim]) -> Self:
        """Return an entry as HTTP shows it."""
        return cls(**msgspec.structs.asdict(entry.said), taken_at=entry.taken_at)


class By${Singular}Day(Cursor, frozen=True, kw_only=True, tag="$route"):
    """Where a page of $noun ends."""

    day: date
    county: str
    key: str

    @classmethod
    def of(cls, entry: Entry[$Claim]) -> Self:
        """Return the cursor behind an entry."""
        return cls(day=entry.said.$day, county=entry.said.county, key=entry.key)

    @property
    def position(self) -> Position:
        """The position as the table takes it."""
        return self.day, self.county, self.key
'''
_HTTP: Final = '''"""$title over HTTP: the list of those that the caller may see. All of it is reading."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends

${sector_type}from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, INTEGRATORS
from services.chassis.storage.database import Database
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import ${checked}County, Day, Limit
from services.chassis.web.periods import FROM, TO, in_order
from services.chassis.web.problems import declares
from services.chassis.web.routes import Router
from services.ledger.$noun import tables
from services.ledger.$noun.documents import By${Singular}Day, ${Singular}Document

READ: Final = Action("ledger.$route.read", "查看$zh", roles=CASE_STAFF | INTEGRATORS)
Reader = Annotated[Caller, Depends(allow(READ))]


def router(database: Database) -> Router:
    """Return the routes of $noun."""
    routes = Router(prefix="/v1", tags=["$route"])

    @routes.get("/$route", summary="$zh清单，按${day_zh}排列", responses=declares("period-reversed"))
    async def list_$noun(
        caller: Reader,
        county: County | None = None,
${sector_asked}        first: Annotated[Day | None, FROM] = None,
        last: Annotated[Day | None, TO] = None,
        after: After[By${Singular}Day] = None,
        limit: Limit = 100,
    ) -> Page[${Singular}Document]:
        """List the $noun that the caller may see, or those of a county${or_sector} or of some days among them.

        They come in order of `$day`.$unseen
        """
        in_order(first, last)
        scope, behind = caller.scope.narrowed(county=county$sector_given), after.position if after else None
        async with database.reading(caller.scope, asks=True) as connection:
            found = await tables.page(connection, scope, days=(first, last), after=behind, limit=limit + 1)
        return page_of(found, limit, item=${Singular}Document.of, cursor=By${Singular}Day.of)

    return routes
'''
_WIRE: Final = '''"""What this slice adds to the ledger: the list. The claims' consumer takes what it lists."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.ledger.$noun.http import router
from services.ledger.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the slice's part of the ledger."""
    return Part(routers=[router(platform.database)])
'''
MIGRATION: Final = """-- $zh: one row for each that a county told of (`$event`), as it said last.
CREATE TABLE $singular (
$columns,
    CHECK (county ~ '^[0-9]{6}$$'),
    PRIMARY KEY (county, reference_key)
);
-- The list, of the city and of a county, in order of its days.
CREATE INDEX ${singular}_by_day ON $singular ("$day", county, reference_key);
CREATE INDEX ${singular}_by_county ON $singular (county, "$day", reference_key);
$by_sector-- What readers see of it.
CALL wall('$singular', '{"county": "county"$sector_walled}');
"""
FILL: Final = """
INSERT INTO $singular ($filled)
SELECT $values
  FROM generate_series(1, current_setting('million.hazards')::bigint / 10) AS n
  JOIN seat ON seat.seat = n % current_setting('million.seats')::integer;
"""


BY_SECTOR: Final = """-- The list of a sector.
CREATE INDEX ${singular}_by_sector ON $singular (sector, "$day", county, reference_key);
"""
FILES: Final[Mapping[str, str]] = {
    "__init__": _INIT,
    "tables": _TABLES,
    "documents": _DOCUMENTS,
    "http": _HTTP,
    "wire": _WIRE,
}
