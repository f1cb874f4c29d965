"""Who reported: the one struct of the platform that names a person, and by what two of them are the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from enum import Enum, StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.types import ShortText

_NO_DIGIT: Final = re.compile(r"[^0-9]")
_MOBILE_DIGITS: Final = 11
_COUNTRY: Final = "86"
# Shorter than this a name says nothing about the text it stands in: 王 is in many places' names.
_NAMES: Final = 2
_PHONES: Final = 7
_REGISTERED: Final = frozenset({"enterprise.name", "enterprise.uscc"})


class Identifier(StrEnum):
    """What tells one person from all others; a name does not."""

    PHONE = "phone"
    ID_NUMBER = "id_number"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A reporter. `contact` is another way to reach one: an address, a mailbox, an account of a web site.

    Never shown by `repr`, so that no log, error or debugger prints it by accident.
    """

    name: ShortText | None = None
    phone: (
        Annotated[str, Meta(pattern=r"^[+]?[0-9][0-9 ()-]{4,28}$(?!\n)", max_length=30, description="digits")] | None
    ) = None
    id_number: (
        Annotated[str, Meta(pattern=r"^[0-9]{17}[0-9Xx]$(?!\n)", max_length=18, description="公民身份号码 (GB 11643)")]
        | None
    ) = None
    contact: ShortText | None = None

    def __repr__(self) -> str:
        """Return nothing of it."""
        return "Identity(…)"

    __str__ = __repr__

    @property
    def is_empty(self) -> bool:
        """Whether it names nobody."""
        return not any(getattr(self, field) for field in self.__struct_fields__)


def identifiers(identity: Identity) -> Mapping[Identifier, str]:
    """Return what tells this person from all others, however it was written: full width, spaced, with +86."""
    found: dict[Identifier, str] = {}
    if identity.phone:
        found[Identifier.PHONE] = _digits(identity.phone)
    if identity.id_number:
        found[Identifier.ID_NUMBER] = unicodedata.normalize("NFKC", identity.id_number).upper()
    return found


def stands_in(identity: Identity, text: str) -> bool:
    """Return whether a text names this person: by name, number or contact, however it is spaced."""
    plain, digits = _plain(text), _NO_DIGIT.sub("", unicodedata.normalize("NFKC", text))
    words = [_plain(said) for said in (identity.name, identity.id_number, identity.contact) if said]
    numbers = [_digits(identity.phone)] if identity.phone else []
    return any(len(word) >= _NAMES and word in plain for word in words) or any(
        len(number) >= _PHONES and number in digits for number in numbers
    )


def texts_of(said: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a command with its field, as `enterprise.name`; the identity itself is none.

    Whatever a command will ask for one day is compared, too, without a list that somebody would have to keep.
    """
    if isinstance(said, str) and not isinstance(said, Enum):
        yield field, said
    elif isinstance(said, msgspec.Struct) and not isinstance(said, Identity):
        for name in said.__struct_fields__:
            yield from texts_of(getattr(said, name), f"{field}.{name}" if field else name)
    elif isinstance(said, Mapping):
        for name, value in said.items():
            yield from texts_of(name, field)
            yield from texts_of(value, f"{field}.{name}")
    elif isinstance(said, Collection) and not isinstance(said, str | bytes):
        for place, value in enumerate(said):
            yield from texts_of(value, f"{field}[{place}]")


def naming(identity: Identity, said: msgspec.Struct, known: Collection[str] = ()) -> str | None:
    """Return the first field of a command whose text names this person, or None; `known` texts name nobody anew.

    How an enterprise is registered is a fact of its own, also where it is called like the person (张三, 张三修理厂): there only
    numbers and contacts are compared.
    """
    nameless = msgspec.structs.replace(identity, name=None)
    return next(
        (
            field
            for field, text in texts_of(said)
            if text not in known and stands_in(nameless if field in _REGISTERED else identity, text)
        ),
        None,
    )


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _digits(phone: str) -> str:
    digits = _NO_DIGIT.sub("", unicodedata.normalize("NFKC", phone)).removeprefix("00")
    if digits.startswith(_COUNTRY) and len(digits) == len(_COUNTRY) + _MOBILE_DIGITS:
        return digits.removeprefix(_COUNTRY)
    return digits
