"""What a county said last under a reference, which of two words stands, and how a book holds them: pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import inspect

from duban_contracts.admissible.texts import folded
from duban_contracts.events.entering import EnteredClaim
from duban_contracts.events.feedback import ClaimOutcome

C = TypeVar("C", bound=EnteredClaim)

JSON: Final = "jsonb"
_KINDS: Final[Mapping[type[inspect.Type], str]] = {
    inspect.StrType: "text",
    inspect.EnumType: "text",
    inspect.IntType: "bigint",
    inspect.FloatType: "double precision",
    inspect.BoolType: "boolean",
    inspect.DateType: "date",
    inspect.DateTimeType: "timestamptz",
}
_OLDER: Final = "已有较新的内容登记，本条内容不再采用"


class Kept(msgspec.Struct, Generic[C], frozen=True, gc=False):
    """An entry: what its county said last; `taken_at` is when the broker took that (UTC, domain time)."""

    said: C
    taken_at: datetime

    @property
    def key(self) -> str:
        """Its reference as references are compared."""
        return folded(self.said.reference)


class Entered(msgspec.Struct, Generic[C], frozen=True, gc=False):
    """What a claim came to: the entry as it stands then, what the claim did, and what the county is told of that."""

    kept: Kept[C]
    outcome: ClaimOutcome
    linked_reference: str | None = None
    message: str | None = None


def enter(known: Kept[C] | None, said: C, taken_at: datetime) -> Entered[C]:
    """Decide on what a county says under the reference of `known`, or under a new one.

    What reached the broker last stands, whatever comes to us first. An entry keeps the reference under which it was made.
    """
    if known is None:
        return Entered(Kept(said, taken_at), ClaimOutcome.REGISTERED)
    words = msgspec.structs.replace(said, reference=known.said.reference)
    told, linked = [], None
    if said.reference != known.said.reference:
        linked = known.said.reference
        told.append(f"县级编号“{said.reference}”与已登记的“{linked}”视为同一编号")
    if words == known.said:
        kept, outcome = known, ClaimOutcome.DUPLICATE
    elif taken_at < known.taken_at:
        kept, outcome = known, ClaimOutcome.DUPLICATE
        told.append(_OLDER)
    else:
        kept, outcome = Kept(words, taken_at), ClaimOutcome.CORRECTED
    return Entered(kept, outcome, linked, "；".join(told) or None)


def column_of(field: Any) -> tuple[str, bool]:
    """Return PostgreSQL's type for a field of a claim (of `msgspec.structs.fields`), and whether it may be empty.

    One value is a column of its own kind; whatever has parts is JSON.
    """
    described = _plain(inspect.type_info(field.type))
    optional = False
    if isinstance(described, inspect.UnionType):
        others = [_plain(each) for each in described.types if not isinstance(each, inspect.NoneType)]
        optional = len(others) < len(described.types)
        described = others[0] if len(others) == 1 else described
    return _KINDS.get(type(described), JSON), optional


def _plain(described: inspect.Type) -> inspect.Type:
    return _plain(described.type) if isinstance(described, inspect.Metadata) else described
