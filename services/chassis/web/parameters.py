"""Types of query and path parameters that the contract rules: `county: County | None = None`, `day: Day`.

Plain `int`, `bool`, `UUID` and enums need none of these. Dates do: pydantic reads `0` and `1700000000` as dates, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

import msgspec
from fastapi import Query
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from duban_contracts.events.types import CountyCode, Instant, ShortText, Uscc
from duban_contracts.explain import explain
from duban_contracts.refusals import Refusal, violation
from duban_contracts.terms import check_terms
from services.chassis.web.documents import with_terms
from services.chassis.web.violations import refused

# What a calendar, an interval and PostgreSQL can still compute with; 9999-12-31 is `infinity` to asyncpg.
_FIRST: Final = date(1900, 1, 1)
_LAST: Final = date(2999, 12, 31)
_YEARS: Final = "^(19|2[0-9])[0-9]{2}-"


class Checked:
    """Annotation: the parameter's text is read by the rules of a contract type, and refused in the contract's words.

    `Annotated[str, Checked(CountyCode)]`. `then` may change the value or raise with `refused`; `pattern` tells OpenAPI
    what `then` demands of the text.
    """

    def __init__(self, kind: Any, then: Callable[[Any], Any] | None = None, pattern: str | None = None) -> None:
        self._kind = kind
        self._shown = {} if pattern is None else {"pattern": pattern}
        self._then = then
        self._model = msgspec.defstruct("Parameter", [("value", kind)])

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the text."""
        del source, handler
        return core_schema.no_info_plain_validator_function(
            self._read, serialization=core_schema.to_string_ser_schema()
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return what OpenAPI says of it."""
        del schema, handler
        return with_terms(msgspec.json.schema(self._kind)) | self._shown

    def _read(self, text: Any) -> Any:
        try:
            held = msgspec.convert({"value": text}, self._model)
        except msgspec.ValidationError as error:
            found = [_at_root(one) for one in explain({"value": text}, self._model)]
            raise refused(*(found or [violation("wrong-format", "$", rule=str(error), pattern="")])) from None
        if terms := check_terms(held):
            raise refused(*map(_at_root, terms))
        value = held.value  # type: ignore[attr-defined]
        return value if self._then is None else self._then(value)


def _at_root(one: Refusal) -> Refusal:
    return msgspec.structs.replace(one, field="$", message=one.message.replace("$.value", "$", 1))


def _plausible(day: date) -> date:
    if not _FIRST <= day <= _LAST:
        raise refused(violation("out-of-range", "$", zh=f"{_FIRST} 至 {_LAST}", en=f"within {_FIRST} and {_LAST}"))
    return day


def _plausible_instant(instant: datetime) -> datetime:
    _plausible(instant.date())
    return instant.astimezone(UTC)


Day = Annotated[date, Checked(date, _plausible, _YEARS)]
"""A calendar day, `2026-11-21` and nothing else."""
Moment = Annotated[datetime, Checked(Instant, _plausible_instant, _YEARS)]
"""An instant with its UTC offset (RFC 3339); arrives in UTC."""
County = Annotated[str, Checked(CountyCode)]
"""A county's division code."""
MonthText = Annotated[str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="月份，形如 2026-06")]
"""A calendar month."""
Text = Annotated[str, Checked(ShortText)]
"""A short text without control characters."""
EnterpriseCode = Annotated[str, Checked(Uscc)]
"""A 统一社会信用代码."""
Limit = Annotated[int, Query(ge=1, le=1000, description="每页条数")]
"""How many rows a page holds; the route gives the default."""
Position = Annotated[int, Query(ge=0, le=2**63 - 1)]
"""A place in a numbered history, as far as PostgreSQL counts."""


class Listed:
    """Annotation: a comma-separated list of `values` alone: `Annotated[tuple[str, ...], Listed(…), Query()]`.

    `?by=county,grade` and `?by=county&by=grade` say the same, and so does a value twice. A blank is no value: a
    parameter that a client left empty would otherwise be answered with everything.
    """

    def __init__(self, values: Collection[str]) -> None:
        self._values = tuple(values)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the list."""
        del source, handler
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return what OpenAPI says of it."""
        del schema, handler
        return {"type": "array", "items": {"type": "string", "enum": list(self._values)}}

    def _read(self, given: Any) -> tuple[str, ...]:
        texts = [given] if isinstance(given, str) else list(given)
        found = tuple(dict.fromkeys(part for text in texts for part in str(text).split(",")))
        if unknown := [part for part in found if part not in self._values]:
            known = ", ".join(self._values)
            rule = f"{', '.join(unknown)}: must be one of {known}"
            raise refused(violation("unknown-value", "$", rule=rule, values=known))
        return found
