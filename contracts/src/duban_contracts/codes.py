"""Every code with which any door of the platform says no: one catalogue, one code for one fault.

The catalogue stands in `codes.json`. Gateway, ledger, the other services and the conformance kit take code, sentence
and HTTP status from it, and the tables in the documents are generated from it. A code is stable: it may be added,
never renamed or given another meaning.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import msgspec


class Group(enum.StrEnum):
    """Where a code is met."""

    EVENT = "event"
    GATEWAY = "gateway"
    HTTP = "http"
    ACCESS = "access"
    LEDGER = "ledger"
    SCHEDULER = "scheduler"
    NOTIFICATIONS = "notifications"
    STATISTICS = "statistics"
    RECORD = "record"
    DELIVERY = "delivery"


class Meaning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a code means. `zh` is the sentence for people, `en` the rule for engineers; `{name}`s in them are filled in.

    `status` is the HTTP status, None for what never answers a request. `county` says that a county system can meet it.
    `do_zh` and `do_en` tell the reader what to do about it.
    """

    code: str
    group: Group
    status: int | None
    county: bool
    zh: str
    en: str
    do_zh: str
    do_en: str


def _load() -> Mapping[str, Meaning]:
    raw = files(__package__).joinpath("codes.json").read_bytes()
    listed = msgspec.json.decode(raw, type=tuple[Meaning, ...])
    found = {meaning.code: meaning for meaning in listed}
    if len(found) != len(listed):
        raise ValueError("codes.json lists a code twice")
    return MappingProxyType(found)


CODES: Final = _load()
