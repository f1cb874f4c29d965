"""What the slice of a claim that stands for itself (登记) begins with: its book, its list, and their tests.

Everything follows from the claim's struct in the contract, its example there, and the day by which it is listed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from string import Template
from typing import Any, Final

import msgspec

from duban_contracts.catalogue import EventType
from duban_contracts.codec import UnknownEventType, lookup
from duban_contracts.events.entering import EnteredClaim
from duban_contracts.examples import examples
from services.ledger.entering.model import JSON, NoBook, column_of
from tools.new_slice import entered_layers as layers
from tools.new_slice import entered_tests

# What a book adds to the fields of its claim.
_OWN: Final = frozenset({"reference_key", "taken_at", "origin"})


def claim(name: str, day: str | None) -> EventType:
    """Return the event type of this name, listed by its field `day`; raises NoBook where it can't be kept in a book."""
    try:
        entry = lookup(name)
    except UnknownEventType:
        raise NoBook(f"the contract has no event {name}") from None
    if not issubclass(entry.model, EnteredClaim):
        raise NoBook(f"{entry.model.__name__} is no EnteredClaim")
    fields = msgspec.structs.fields(entry.model)
    if taken := _OWN & {field.name for field in fields}:
        raise NoBook(f"{', '.join(sorted(taken))} of {entry.model.__name__} is a column of every book")
    days = [field.name for field in fields if column_of(field) == ("date", False)]
    if day not in days:
        raise NoBook(f"say by which day it is listed: {', '.join(days) or 'it has none'}")
    return entry


def files(noun: str, words: Mapping[str, str], entry: EventType, day: str) -> dict[str, str]:
    """Return the text of each file of the slice by its path below the repository; `words` are those of every slice."""
    named = {**words, **_said(entry, day)}
    named["by_sector"] = Template(layers.BY_SECTOR).substitute(named) if is_of_a_sector(entry) else ""
    made = {f"services/ledger/{noun}/{name}.py": text for name, text in layers.FILES.items()}
    made[f"services/ledger/migrations/{noun}/0001_{noun}.sql"] = layers.MIGRATION
    made |= {f"services/ledger/tests/{noun}/{name}.py": text for name, text in entered_tests.files(noun).items()}
    return {path: Template(text).substitute(named) for path, text in made.items()}


def fill(singular: str, entry: EventType, day: str) -> str:
    """Return the statement that gives a large database rows of it: each says what the example says."""
    return Template(layers.FILL).substitute({"singular": singular, **_said(entry, day)})


def told(noun: str, words: Mapping[str, str], entry: EventType, day: str) -> Mapping[str, str]:
    """Return what the ledger's README says of it, by the heading of the table."""
    zh, asked = entry.title_zh, "county sector from to" if is_of_a_sector(entry) else "county from to"
    return {
        "Slices": f"| `{noun}` | {zh} as counties say it (`{entry.name.removeprefix('duban.').removesuffix('.v1')}`): its book, and the list of it |",
        "HTTP": f"| `GET /v1/{words['route']}` | {zh} in order of `{day}`; `{asked}`; `after`, `limit` |",
        "Tables": f"| `{noun}` | `{words['singular']}` (as its county said last) |",
    }


def is_of_a_sector(entry: EventType) -> bool:
    """Say whether what is entered is of a sector, too."""
    return "sector" in entry.model.__struct_fields__


def unseen(entry: EventType) -> list[str]:
    """Return what may bind people and is told by no row of the book, the township even where the claim names one."""
    township = ["township"] if "township" in entry.model.__struct_fields__ else []
    return [*township, *([] if is_of_a_sector(entry) else ["sector"])]


def _said(entry: EventType, day: str) -> Mapping[str, str]:
    fields = msgspec.structs.fields(entry.model)
    kinds = {field.name: column_of(field) for field in fields}
    columns = [f'    "{name}" {kind}{"" if empty else " NOT NULL"}' for name, (kind, empty) in kinds.items()]
    columns += ["    reference_key text NOT NULL", "    taken_at timestamptz NOT NULL", "    origin text NOT NULL"]
    example = examples()[entry.name]
    values = {f'"{name}"': _value(name, kind, example[name], day) for name, (kind, _) in kinds.items()}
    values |= {
        "reference_key": "'FILL-' || n",
        "taken_at": "current_setting('million.now')::timestamptz",
        "origin": "''",
    }
    days = {field.name: _called(field) for field in fields}
    return {
        "event": entry.name,
        "module": entry.model.__module__.removeprefix("duban_contracts.events."),
        "Claim": entry.model.__name__,
        "zh": entry.title_zh,
        "day": day,
        "day_zh": days[day],
        "columns": ",\n".join(columns),
        "filled": ", ".join(values),
        "values": ", ".join(values.values()),
        "unseen": f" Whoever is bound to {' or '.join(f'{each}s' for each in bound)} sees none."
        if (bound := unseen(entry))
        else "",
    }


def _called(field: Any) -> str:
    meta = next((each for each in getattr(field.type, "__metadata__", ()) if "zh" in (each.extra or {})), None)
    return str(meta.extra["zh"]) if meta else "日期"


def _value(name: str, kind: str, example: object, day: str) -> str:
    """Return what a row of a large database says in a column, as SQL; `n` counts the rows."""
    if name in {"county", "sector"}:
        return name
    if name == "reference":
        return "'FILL-' || n"
    if name == day:
        return "current_setting('million.now')::timestamptz::date - (n % 500)::integer"
    if example is None:
        return "NULL"
    text = example if isinstance(example, str) and kind != JSON else json.dumps(example, ensure_ascii=False)
    return f"'{text.replace(chr(39), chr(39) * 2)}'::{kind}"
