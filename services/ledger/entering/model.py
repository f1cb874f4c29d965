"""What a county said last under a reference, which of two words stands, and how a book holds them: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_BIGINT: Final = 2**63
_OLDER: Final = "已有较新的内容登记，本条内容不再采用"


class NoBook(ValueError):
    """Why no book can be kept of what is asked for."""


class Entry(msgspec.Struct, Generic[C], frozen=True, gc=False):
    """An entry: what its county said last; `taken_at` is when the broker took that (UTC, domain time).

    `origin` is the record that said it: `topic/partition/offset`, empty where it came by none.
    """

    said: C
    taken_at: datetime
    origin: str = ""

    @property
    def key(self) -> str:
        """Its reference as references are compared."""
        return folded(self.said.reference)

    def is_older(self, other: Entry[C]) -> bool:
        """Say whether this reached the broker before `other`: of one partition by the offset, else by the broker's clock."""
        partition, _, offset = self.origin.rpartition("/")
        others, _, behind = other.origin.rpartition("/")
        if partition and partition == others:
            # A topic that was made anew counts from 0 again: what is older by its offset is so by the clock, too.
            return int(offset) < int(behind) and self.taken_at <= other.taken_at
        return self.taken_at < other.taken_at


class Entered(msgspec.Struct, Generic[C], frozen=True, gc=False):
    """What a claim came to: the entry as it stands then, what the claim did, and what the county is told of that."""

    entry: Entry[C]
    outcome: ClaimOutcome
    linked_reference: str | None = None
    message: str | None = None


def enter(known: Entry[C] | None, new: Entry[C]) -> Entered[C]:
    """Decide on what a county says under the reference of `known`, or under a new one.

    What reached the broker last stands, whatever comes to us first: the same words again stand since they were said last. An
    entry keeps the reference under which it was made.
    """
    if known is None:
        return Entered(new, ClaimOutcome.REGISTERED)
    said, older = new.said, new.is_older(known)
    words = msgspec.structs.replace(said, reference=known.said.reference)
    told, linked = [], None
    if said.reference != known.said.reference:
        linked = known.said.reference
        told.append(f"县级编号“{said.reference}”与已登记的“{linked}”视为同一编号")
    same = words == known.said
    if older and not same:
        told.append(_OLDER)
    entry = known if older else msgspec.structs.replace(new, said=words)
    outcome = ClaimOutcome.DUPLICATE if same or older else ClaimOutcome.CORRECTED
    return Entered(entry, outcome, linked, "；".join(told) or None)


def column_of(field: Any) -> tuple[str, bool]:
    """Return PostgreSQL's type for a field of a claim (of `msgspec.structs.fields`), and whether it may be empty.

    One value is a column of its own kind; whatever has parts is JSON. Raises NoBook for a whole number that a column may not
    hold, which of one county would stop the claims of all; for a text that does not say which characters it may have, and so may
    have one that PostgreSQL doesn't take; and for an instant that need not say its offset.
    """
    described = inspect.type_info(field.type)
    if _has_any_text(described):
        raise NoBook(f"{field.name} holds any text: ShortText and LongText say what may stand in one")
    described = _plain(described)
    optional = False
    if isinstance(described, inspect.UnionType):
        others = [_plain(each) for each in described.types if not isinstance(each, inspect.NoneType)]
        optional = len(others) < len(described.types)
        described = others[0] if len(others) == 1 else described
    if isinstance(described, inspect.IntType) and not _fits(described):
        raise NoBook(f"{field.name} needs bounds, ge and le, that PostgreSQL's bigint has room for")
    if isinstance(described, inspect.DateTimeType) and not described.tz:
        raise NoBook(f"{field.name} needs its offset: Instant is the type of that")
    return _KINDS.get(type(described), JSON), optional


def _fits(described: inspect.IntType) -> bool:
    least = described.ge if described.ge is not None else described.gt
    most = described.le if described.le is not None else described.lt
    return least is not None and most is not None and least >= -_BIGINT and most < _BIGINT


def _has_any_text(described: inspect.Type) -> bool:
    """Say whether something in a type, at any depth, is a text of which neither a rule nor a vocabulary nor a pattern says more."""
    held: Sequence[inspect.Type] = ()
    match described:
        case inspect.Metadata(extra=extra, type=inner) if not {"text", "vocabulary"} & (extra or {}).keys():
            held = (inner,)
        case inspect.Metadata():
            pass
        case inspect.UnionType(types=held) | inspect.TupleType(item_types=held):
            pass
        case inspect.CollectionType(item_type=item):
            held = (item,)
        case inspect.DictType(key_type=key, value_type=value):
            held = (key, value)
        case inspect.StructType(fields=fields):
            held = [each.type for each in fields]
        case inspect.StrType(pattern=pattern):
            return pattern is None
        case inspect.LiteralType() | inspect.NoneType():
            pass
        case _:
            # What is not known here may hold anything.
            return type(described) not in _KINDS
    return any(map(_has_any_text, held))


def _plain(described: inspect.Type) -> inspect.Type:
    return _plain(described.type) if isinstance(described, inspect.Metadata) else described
